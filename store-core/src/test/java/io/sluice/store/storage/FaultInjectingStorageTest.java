// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.StoreException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FaultInjectingStorageTest {
    private final MemoryStorage memory = new MemoryStorage("faults");
    private final FaultInjectingStorage storage = new FaultInjectingStorage(memory);

    @Test
    void shouldCrashBetweenCallsNeverWithinOne() throws Exception {
        WritableFile file = storage.create("a");
        storage.syncDirectory("");
        file.append(new UnsafeBuffer("data".getBytes(UTF_8)), 0, 4);
        AtomicReference<MemoryStorage> left = new AtomicReference<>();
        CountDownLatch syncing = new CountDownLatch(1);
        CountDownLatch mayGoOn = new CountDownLatch(1);
        storage.plan(call -> {
            syncing.countDown();
            awaitQuietly(mayGoOn);
            return null;
        });
        storage.crashAt(storage.calls() + 1, () -> left.set(memory.crashClone()));

        CompletableFuture<Void> sync = CompletableFuture.runAsync(() -> unchecked(file::sync));
        syncing.await();
        CompletableFuture<Void> crashing = CompletableFuture.runAsync(() -> unchecked(() -> storage.exists("a")));
        assertThat(left.get()).as("while a sync takes effect").isNull();
        mayGoOn.countDown();

        sync.get();
        assertThatThrownBy(crashing::get)
                .isInstanceOf(ExecutionException.class)
                .hasStackTraceContaining("storage.injected");
        assertThat(Objects.requireNonNull(left.get()).length("a"))
                .as("the sync was before the crash")
                .isEqualTo(4);
        assertThatThrownBy(() -> storage.exists("a")).isInstanceOf(StoreException.class);
    }

    private interface Call {
        void run() throws Exception;
    }

    private static void unchecked(Call call) {
        try {
            call.run();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        unchecked(latch::await);
    }
}
