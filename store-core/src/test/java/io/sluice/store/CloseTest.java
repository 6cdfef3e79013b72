// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.MemoryStorage;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What closing a store does to those who use it meanwhile, and what an interrupt does to it. */
@Timeout(60)
class CloseTest {
    private static final DBOptions OPTIONS =
            DBOptions.builder().createIfMissing(true).build();

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @TempDir
    Path directory;

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    @Test
    void shouldRefuseAWriteThatHadBegunBeforeTheCloseAndCameTooLate() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        ColumnFamilyOptions slow = ColumnFamilyOptions.builder()
                .comparator(new WaitingComparator(begun, closed))
                .build();
        Store store =
                Store.open(OPTIONS, new MemoryStorage("close"), List.of(new ColumnFamilyDescriptor("default", slow)));
        Future<?> writer = threads.submit(() -> {
            store.deleteRange(bytes("a"), bytes("b"));
            return null;
        });
        assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
        store.close();
        closed.countDown();
        assertThatThrownBy(() -> writer.get(20, TimeUnit.SECONDS))
                .hasCauseInstanceOf(StoreException.class)
                .hasMessageContaining("store.closed");
    }

    @Test
    void shouldCloseInOrderOnAnInterruptedThread() throws Exception {
        Store store = Store.open(OPTIONS, directory);
        store.put(bytes("k"), bytes("v"));
        Thread.currentThread().interrupt();
        store.close();
        assertThat(Thread.interrupted()).isTrue();
        try (Store again = Store.open(OPTIONS, directory)) {
            assertThat(again.get(bytes("k"))).isEqualTo(bytes("v"));
            assertThat(again.longProperty(again.defaultColumnFamily(), "rocksdb.num-files-at-level0"))
                    .isEqualTo(1);
        }
    }

    @Test
    void shouldGiveEverythingBackWhereItIsInterruptedWhileItWaitsForAFlush() throws Exception {
        GatedFlushExecutor gate = new GatedFlushExecutor(false);
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .remoteFlushExecutor(gate)
                .build();
        Store store = Store.open(options, directory);
        store.put(bytes("k"), bytes("v"));
        AtomicReference<StoreException> thrown = new AtomicReference<>();
        CompletableFuture<Boolean> flag = new CompletableFuture<>();
        Thread closer = new Thread(() -> {
            try {
                store.close();
            } catch (StoreException e) {
                thrown.set(e);
            }
            flag.complete(Thread.interrupted());
        });
        closer.start();
        await().until(() -> gate.started.get() > 0);
        closer.interrupt();
        assertThat(flag.get(40, TimeUnit.SECONDS)).isTrue();
        assertThat(thrown.get()).hasMessageContaining("store.interrupted");
        try (Store again = Store.open(OPTIONS, directory)) {
            assertThat(again.get(bytes("k"))).isEqualTo(bytes("v"));
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    /** Tells of its first comparison, and waits there. */
    private record WaitingComparator(CountDownLatch begun, CountDownLatch closed) implements KeyComparator {
        @Override
        public String name() {
            return "test.waiting";
        }

        @Override
        public int compare(DirectBuffer a, DirectBuffer b) {
            return compare(a, 0, a.capacity(), b, 0, b.capacity());
        }

        @Override
        public int compare(DirectBuffer a, int aOffset, int aLength, DirectBuffer b, int bOffset, int bLength) {
            begun.countDown();
            try {
                closed.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return BytewiseComparator.INSTANCE.compare(a, aOffset, aLength, b, bOffset, bLength);
        }
    }
}
