// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.store.memory.MemoryBlock;
import io.sluice.store.memory.SlabMemoryPool;
import io.sluice.store.memtable.EntryReserve;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class MemoryGatheringTest {
    private static final int CHUNK = 64 << 10;

    /** Two slabs of four chunks. */
    private final SlabMemoryPool pool = new SlabMemoryPool(8 * CHUNK, CHUNK, 4 * CHUNK);

    private final MemoryWait memory =
            new MemoryWait(pool, new Health(), () -> false, Duration.ofSeconds(20), System::nanoTime, stalled -> {});
    private final MemoryGathering gathering = new MemoryGathering(pool, memory, () -> {});

    @AfterEach
    void everyBlockIsBack() {
        assertThat(pool.inUse()).isZero();
        pool.close();
    }

    @Test
    void shouldLieAnewWhereWhatItHasLeavesTheRestNoPlaceInOnePiece() {
        MemoryBlock first = Objects.requireNonNull(pool.tryAcquire(CHUNK));
        EntryReserve reserve = reserve(CHUNK + 1, CHUNK + 1, CHUNK + 1, CHUNK + 1);
        CompletableFuture<Void> gathered = gather(reserve);
        await().until(() -> pool.inUse() == 7 * CHUNK); // behind the first chunk, and in all of the second slab
        first.release();
        gathered.join();
        assertThat(reserve.heldLength()).isEqualTo(8 * CHUNK);
        reserve.release();
    }

    @Test
    void shouldTellThatABatchNeverFits() {
        EntryReserve pieces = reserve(2 * CHUNK + 1, 2 * CHUNK + 1);
        pieces.add(1, 1);
        assertThat(gather(pieces)).succeedsWithin(Duration.ofSeconds(10));
        pieces.release();
        EntryReserve reserve = reserve(2 * CHUNK + 1, 2 * CHUNK + 1, CHUNK + 1);
        assertThatThrownBy(() -> gather(reserve).join()).hasMessageContaining("write.batch.too-large");
        reserve.release();
        EntryReserve large = reserve(3 * CHUNK, 3 * CHUNK, 3 * CHUNK);
        assertThatThrownBy(() -> gathering.checkedLength(List.of(large))).hasMessageContaining("write.batch.too-large");
    }

    @Test
    void shouldLetOneGatherAtATimeSoThatAllComeToAnEnd() {
        List<MemoryBlock> others = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            others.add(Objects.requireNonNull(pool.tryAcquire(CHUNK)));
        }
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            EntryReserve reserve = reserve(CHUNK - 200, CHUNK - 200, CHUNK - 200, CHUNK - 200, CHUNK - 200);
            all.add(gather(reserve).thenRun(reserve::release));
        }
        others.forEach(MemoryBlock::release);
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
    }

    private CompletableFuture<Void> gather(EntryReserve reserve) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        gathering.run(List.of(reserve));
                    } catch (Exception e) {
                        throw new IllegalStateException(e.toString(), e);
                    }
                },
                action -> new Thread(action).start());
    }

    private EntryReserve reserve(int... valueLengths) {
        EntryReserve reserve = new EntryReserve(pool);
        for (int length : valueLengths) {
            reserve.add(1, length);
        }
        return reserve;
    }
}
