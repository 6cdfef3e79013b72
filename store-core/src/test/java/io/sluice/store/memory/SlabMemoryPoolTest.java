// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class SlabMemoryPoolTest {
    private static final int CHUNK = 64 * 1024;

    private static MemoryBlock acquire(MemoryPool pool, int length) {
        return Objects.requireNonNull(pool.tryAcquire(length));
    }

    @Test
    void shouldHandOutWholeChunksUpToItsCapacity() {
        SlabMemoryPool pool = new SlabMemoryPool(4 * CHUNK, CHUNK, 2 * CHUNK);
        assertThat(pool.capacity()).isEqualTo(4 * CHUNK);
        MemoryBlock run = acquire(pool, CHUNK + 1);
        assertThat(run.length()).isEqualTo(2 * CHUNK);
        assertThat(run.buffer().capacity()).isEqualTo(2 * CHUNK);
        MemoryBlock one = acquire(pool, 1);
        assertThat(one.length()).isEqualTo(CHUNK);
        assertThat(pool.tryAcquire(2 * CHUNK)).isNull();
        MemoryBlock other = acquire(pool, CHUNK);
        assertThat(pool.tryAcquire(1)).isNull();
        assertThat(pool.inUse()).isEqualTo(4 * CHUNK);

        one.release();
        other.release();
        acquire(pool, 2 * CHUNK).release();
        run.release();
        assertThat(pool.inUse()).isZero();
        pool.close();
    }

    @Test
    void shouldRoundItsFiguresUp() {
        SlabMemoryPool pool = new SlabMemoryPool(1, CHUNK, CHUNK + 1);
        assertThat(pool.maxBlockLength()).isEqualTo(2 * CHUNK);
        assertThat(pool.capacity()).isEqualTo(2 * CHUNK);
        pool.close();
    }

    @Test
    void shouldHandOutZeroFilledMemoryAgain() {
        SlabMemoryPool pool = new SlabMemoryPool(CHUNK, CHUNK, CHUNK);
        for (int round = 0; round < 3; round++) {
            MemoryBlock block = acquire(pool, CHUNK);
            assertThat(block.buffer().addressOffset() % 8).isZero();
            for (int i = 0; i < CHUNK; i += 8) {
                assertThat(block.buffer().getLong(i)).isZero();
            }
            block.buffer().setMemory(0, CHUNK, (byte) 0x5a);
            block.release();
        }
        pool.close();
    }

    @Test
    void shouldDetectUseAndReleaseAfterRelease() {
        SlabMemoryPool pool = new SlabMemoryPool(CHUNK, CHUNK, CHUNK);
        MemoryBlock block = acquire(pool, CHUNK);
        UnsafeBuffer kept = block.buffer();
        block.release();
        assertThatIllegalStateException().isThrownBy(block::buffer).withMessageContaining("released");
        assertThatIllegalStateException().isThrownBy(block::release).withMessageContaining("released");
        assertThatThrownBy(() -> kept.getLong(0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(pool.inUse()).isZero();
        pool.close();
    }

    @Test
    void shouldRunReleaseActionsOnce() {
        SlabMemoryPool pool = new SlabMemoryPool(2 * CHUNK, CHUNK, CHUNK);
        AtomicInteger runs = new AtomicInteger();
        MemoryBlock first = acquire(pool, CHUNK);
        MemoryBlock second = acquire(pool, CHUNK);
        List<Boolean> roomSeen = new ArrayList<>();
        pool.onRelease(() -> {
            throw new IllegalStateException("an action that fails keeps the others from nothing");
        });
        pool.onRelease(() -> {
            runs.incrementAndGet();
            MemoryBlock block = pool.tryAcquire(CHUNK);
            roomSeen.add(block != null);
            if (block != null) {
                block.release();
            }
        });
        assertThat(runs).hasValue(0);
        first.release();
        second.release();
        assertThat(runs).hasValue(1);
        assertThat(roomSeen).containsExactly(true);
        pool.close();
    }

    @Test
    void shouldRefuseBlocksItCanNeverHave() {
        SlabMemoryPool pool = new SlabMemoryPool(4 * CHUNK, CHUNK, 2 * CHUNK);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> pool.tryAcquire(2 * CHUNK + 1))
                .withMessageContaining("maxBlockLength=131072");
        assertThatIllegalArgumentException().isThrownBy(() -> pool.tryAcquire(0));
        pool.close();
    }

    @Test
    void shouldRefuseFiguresOutOfRange() {
        assertThatIllegalArgumentException().isThrownBy(() -> new SlabMemoryPool(CHUNK, CHUNK - 1, CHUNK));
        assertThatIllegalArgumentException().isThrownBy(() -> new SlabMemoryPool(CHUNK, CHUNK / 2, CHUNK));
        assertThatIllegalArgumentException().isThrownBy(() -> new SlabMemoryPool(0, CHUNK, CHUNK));
        assertThatIllegalArgumentException().isThrownBy(() -> new SlabMemoryPool(CHUNK, CHUNK, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new SlabMemoryPool(CHUNK, CHUNK, Integer.MAX_VALUE));
    }

    @Test
    void shouldTellWhenClosedWithBlocksInUse() {
        SlabMemoryPool pool = new SlabMemoryPool(CHUNK, CHUNK, CHUNK);
        MemoryBlock block = acquire(pool, CHUNK);
        assertThatIllegalStateException().isThrownBy(pool::close).withMessageContaining("65536 bytes in use");
        assertThatIllegalStateException().isThrownBy(() -> pool.tryAcquire(1)).withMessageContaining("closed");
        block.release();
        assertThat(pool.inUse()).isZero();
        pool.close();
    }

    @Test
    void shouldNeverGiveAChunkToTwoOwners() throws Exception {
        long seed = System.nanoTime();
        SlabMemoryPool pool = new SlabMemoryPool(16 * CHUNK, CHUNK, 8 * CHUNK);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<Integer>> results = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                results.add(threads.submit(tenant(pool, t + 1, new SplittableRandom(seed + t))));
            }
            for (Future<Integer> result : results) {
                assertThat(result.get(30, TimeUnit.SECONDS)).as("seed %d", seed).isPositive();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(pool.inUse()).isZero();
        pool.close();
    }

    private static Callable<Integer> tenant(SlabMemoryPool pool, long mark, SplittableRandom random) {
        return () -> {
            int had = 0;
            for (int i = 0; i < 300; i++) {
                MemoryBlock block = pool.tryAcquire(random.nextInt(1, 5 * CHUNK));
                if (block == null) {
                    continue;
                }
                had++;
                for (int at = 0; at < block.length(); at += 4096) {
                    assertThat(block.buffer().getAndSetLong(at, mark)).isZero();
                }
                for (int at = 0; at < block.length(); at += 4096) {
                    assertThat(block.buffer().getLongVolatile(at)).isEqualTo(mark);
                }
                block.release();
            }
            return had;
        };
    }

    /** A JVM with 40 MiB of direct memory, and in it a pool of 1 GiB, in slabs of 16 MiB. */
    @Test
    void shouldGoOnWithWhatTheJvmGivesWhereThatIsLessThanItsCapacity() throws Exception {
        Process jvm = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:MaxDirectMemorySize=40m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ScarceMemory.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(jvm.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(output).contains("blocks=2").contains("again=true");
        assertThat(output.split("-XX:MaxDirectMemorySize", -1)).hasSize(2); // told once
    }

    /** The other JVM's program. */
    static final class ScarceMemory {
        public static void main(String[] arguments) {
            SlabMemoryPool pool = new SlabMemoryPool(1 << 30, 1 << 20, 16 << 20);
            List<MemoryBlock> blocks = new ArrayList<>();
            for (MemoryBlock block = pool.tryAcquire(16 << 20); block != null; block = pool.tryAcquire(16 << 20)) {
                blocks.add(block);
            }
            blocks.get(0).release();
            System.out.println("blocks=" + blocks.size() + " again=" + (pool.tryAcquire(16 << 20) != null));
        }
    }
}
