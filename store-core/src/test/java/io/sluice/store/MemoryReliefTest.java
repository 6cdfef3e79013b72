// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.memory.SlabMemoryPool;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.write.StallCause;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Memory that writers wait for. */
@Timeout(60)
class MemoryReliefTest {
    private static final WriteOptions UNLOGGED =
            WriteOptions.builder().disableWal(true).build();
    private static final int CHUNK = 1 << 20;

    @Test
    void shouldFlushWhatIsNotSealedYetWhereAFlushHasFreedNothing() throws Exception {
        GatedFlushExecutor gate = new GatedFlushExecutor(false);
        CountDownLatch stalled = new CountDownLatch(1);
        EventListener listener = new EventListener() {
            @Override
            public void onStallConditionsChanged(String name, StallCause cause, boolean begins) {
                stalled.countDown();
            }
        };
        try (SlabMemoryPool pool = new SlabMemoryPool(4 * CHUNK, CHUNK, 4 * CHUNK);
                Store store = Store.open(
                        DBOptions.builder()
                                .createIfMissing(true)
                                .memoryPool(pool)
                                .remoteFlushExecutor(gate)
                                .listener(listener)
                                .build(),
                        new MemoryStorage("relief"),
                        List.of())) {
            ColumnFamilyHandle read = store.defaultColumnFamily();
            ColumnFamilyHandle written = store.createColumnFamily(new ColumnFamilyDescriptor("written"));
            store.put(read, UNLOGGED, bytes("k"), bytes("v"));
            try (StoreIterator iterator = store.newIterator(read, ReadOptions.DEFAULT)) {
                store.flush(FlushOptions.builder().waitForFlush(false).build(), read);
                for (int i = 0; i < 3; i++) {
                    store.put(written, UNLOGGED, bytes("k" + i), new byte[CHUNK - 1000]);
                }
                CompletableFuture<Void> waiting =
                        CompletableFuture.runAsync(() -> put(store, written), action -> new Thread(action).start());
                assertThat(stalled.await(20, TimeUnit.SECONDS)).isTrue();
                gate.open(); // what that flush had the iterator holds
                assertThat(waiting).succeedsWithin(Duration.ofSeconds(20));
                iterator.seekToFirst();
                assertThat(iterator.key()).isEqualTo(bytes("k"));
            }
        } finally {
            gate.open();
        }
    }

    private static void put(Store store, ColumnFamilyHandle family) {
        try {
            store.put(family, UNLOGGED, bytes("waits"), new byte[CHUNK - 1000]);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
