// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.StoreException;
import io.sluice.store.memory.MemoryBlock;
import io.sluice.store.memory.SlabMemoryPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class MemoryWaitTest {
    private final SlabMemoryPool pool = new SlabMemoryPool(1 << 20, 1 << 20, 1 << 20);
    private final List<Boolean> stalls = new ArrayList<>();

    private MemoryWait waiting(boolean nothingToFlush, Duration limit) {
        return new MemoryWait(pool, new Health(), () -> nothingToFlush, limit, System::nanoTime, stalls::add);
    }

    @Test
    void shouldEndAtARelease() throws StoreException {
        MemoryWait memory = waiting(true, Duration.ofSeconds(20));
        MemoryBlock held = Objects.requireNonNull(pool.tryAcquire(1 << 20));
        long ticket = memory.register();
        CompletableFuture<Void> release = CompletableFuture.runAsync(held::release);
        memory.await(ticket, () -> {});
        release.join();
        assertThat(stalls).containsExactly(true, false);
    }

    @Test
    void shouldFailWhereOnlyIteratorsHoldMemory() {
        MemoryWait memory = waiting(true, Duration.ofMillis(20));
        pool.tryAcquire(1 << 20);
        assertThatThrownBy(() -> memory.await(memory.register(), () -> {}))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("store.memory.held"))
                .hasMessageContaining("iterators");
        assertThat(stalls).containsExactly(true, false);
    }
}
