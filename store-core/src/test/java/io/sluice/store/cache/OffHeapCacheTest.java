// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.cache.OffHeapCache.Role;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OffHeapCacheTest {
    private long liveBefore;

    @BeforeEach
    void countMemory() {
        liveBefore = OffHeapBlock.liveBytes();
    }

    @AfterEach
    void shouldHaveFreedEveryBlock() {
        assertThat(OffHeapBlock.liveBytes()).isEqualTo(liveBefore);
    }

    private static OffHeapBlock block(int length, int content) {
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[length]);
        bytes.setMemory(0, length, (byte) content);
        return OffHeapBlock.copyOf(bytes, 0, length);
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static void load(OffHeapCache cache, long owner, long file, long offset, int length) throws IOException {
        cache.load(owner, file, offset, () -> block(length, (int) offset)).release();
    }

    @Test
    void shouldFindWhatWasLoadedAndCountHitsAndMissesByRole() throws IOException {
        try (OffHeapCache cache = new OffHeapCache(1 << 20)) {
            assertThat(cache.find(1, 2, 3, Role.DATA)).isNull();
            load(cache, 1, 2, 3, 100);
            OffHeapBlock found = Objects.requireNonNull(cache.find(1, 2, 3, Role.DATA));
            assertThat(found.buffer().capacity()).isEqualTo(100);
            assertThat(found.buffer().getByte(99)).isEqualTo((byte) 3);
            found.release();
            assertThat(cache.find(1, 2, 4, Role.INDEX)).isNull();
            assertThat(cache.find(1, 1, 3, Role.INDEX)).isNull();
            assertThat(cache.find(2, 2, 3, Role.FILTER)).isNull();
            assertThat(cache.usage()).isEqualTo(100);
            assertThat(cache.blockCount()).isEqualTo(1);
            assertThat(cache.hits(Role.DATA)).isEqualTo(1);
            assertThat(cache.misses(Role.DATA)).isEqualTo(1);
            assertThat(cache.misses(Role.INDEX)).isEqualTo(2);
            assertThat(cache.misses(Role.FILTER)).isEqualTo(1);
            assertThat(cache.newOwner()).isNotEqualTo(cache.newOwner());
        }
    }

    @Test
    void shouldStayWithinItsBound() throws IOException {
        Random random = new Random(1);
        try (OffHeapCache cache = new OffHeapCache(256 << 10)) {
            for (int i = 0; i < 20_000; i++) {
                load(cache, 1, i % 7, i, 1 + random.nextInt(9000));
                assertThat(cache.usage()).isLessThanOrEqualTo(256 << 10);
            }
            assertThat(cache.evictions()).isPositive();
            assertThat(OffHeapBlock.liveBytes() - liveBefore).isEqualTo(cache.usage());
        }
    }

    @Test
    void shouldNotKeepABlockThatIsLargerThanItself() throws IOException {
        try (OffHeapCache cache = new OffHeapCache(1000)) {
            OffHeapBlock large = cache.load(1, 1, 1, () -> block(1001, 9));
            assertThat(large.buffer().getByte(1000)).isEqualTo((byte) 9);
            large.release();
            assertThat(cache.find(1, 1, 1, Role.DATA)).isNull();
            assertThat(cache.usage()).isZero();
        }
    }

    @Test
    void shouldKeepABlockThatAReaderHoldsUntilItIsGivenBack() throws IOException {
        OffHeapBlock held;
        DirectBuffer view;
        try (OffHeapCache cache = new OffHeapCache(1000)) {
            held = cache.load(1, 1, 1, () -> block(900, 7));
            for (int i = 2; i < 50; i++) {
                load(cache, 1, 1, i, 900);
            }
            cache.close();
            view = held.buffer();
            assertThat(view.getByte(899)).isEqualTo((byte) 7);
        }
        held.release();
        assertThatThrownBy(held::buffer).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> view.getByte(0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(held::release).isInstanceOf(IllegalStateException.class);
        assertThat(held.tryRetain()).isFalse();
    }

    @Test
    void shouldKeepNothingAfterItIsClosed() throws IOException {
        OffHeapCache cache = new OffHeapCache(1000);
        cache.close();
        load(cache, 1, 1, 1, 10);
        assertThat(cache.find(1, 1, 1, Role.DATA)).isNull();
        assertThat(cache.usage()).isZero();
    }

    @Test
    void shouldLoadABlockOnceForAllWhoWaitForIt() throws Exception {
        AtomicInteger loads = new AtomicInteger();
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        ExecutorService readers = Executors.newFixedThreadPool(8);
        try (OffHeapCache cache = new OffHeapCache(1 << 20)) {
            List<Future<Byte>> results = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                results.add(readers.submit(() -> {
                    OffHeapBlock block = cache.load(1, 1, 1, () -> {
                        loads.incrementAndGet();
                        started.countDown();
                        await(goOn);
                        return block(100, 5);
                    });
                    byte content = block.buffer().getByte(50);
                    block.release();
                    return content;
                }));
            }
            await(started);
            goOn.countDown();
            for (Future<Byte> result : results) {
                assertThat(result.get(30, TimeUnit.SECONDS)).isEqualTo((byte) 5);
            }
            assertThat(loads).hasValue(1);
        } finally {
            readers.shutdownNow();
        }
    }

    @Test
    void shouldTellEveryoneWhyABlockCannotBeLoadedAndTryAgainLater() throws Exception {
        try (OffHeapCache cache = new OffHeapCache(1 << 20)) {
            assertThatThrownBy(() -> cache.load(1, 1, 1, () -> {
                        throw new IOException("disk on fire");
                    }))
                    .isInstanceOf(IOException.class)
                    .hasMessage("disk on fire");
            load(cache, 1, 1, 1, 10);
            assertThat(cache.usage()).isEqualTo(10);
        }
    }

    /** Many threads, few blocks, a bound that holds half of them: what is read is always what belongs there. */
    @Test
    void shouldNeverLendFreedOrForeignBytes() throws Exception {
        ExecutorService readers = Executors.newFixedThreadPool(4);
        try (OffHeapCache cache = new OffHeapCache(8 << 10)) {
            List<Future<?>> results = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                long seed = t;
                results.add(readers.submit(() -> {
                    Random random = new Random(seed);
                    for (int i = 0; i < 50_000; i++) {
                        int which = random.nextInt(32);
                        OffHeapBlock found = cache.find(1, which & 3, which, Role.DATA);
                        if (found == null) {
                            found = cache.load(1, which & 3, which, () -> block(512, which));
                        }
                        DirectBuffer bytes = found.buffer();
                        assertThat(bytes.getByte(random.nextInt(512)) == which)
                                .as("seed %d", seed)
                                .isTrue();
                        found.release();
                    }
                    return null;
                }));
            }
            for (Future<?> result : results) {
                result.get(60, TimeUnit.SECONDS);
            }
            assertThat(cache.usage()).isLessThanOrEqualTo(8 << 10);
        } finally {
            readers.shutdownNow();
        }
    }
}
