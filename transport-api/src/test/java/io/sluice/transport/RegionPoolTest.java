// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RegionPoolTest {
    private static final int CHUNK = 4096;

    private static Region take(RegionPool pool, int length) {
        return Objects.requireNonNull(pool.tryAcquire(length));
    }

    @Test
    @Tag("T4")
    void shouldAnswerExhaustionWithNullAndRecover() throws Exception {
        try (RegionPool pool = new RegionPool(CHUNK, 4 * CHUNK)) {
            Region three = take(pool, 2 * CHUNK + 1);
            assertThat(three.length()).isEqualTo(3 * CHUNK);
            assertThat(pool.inUse()).isEqualTo(3 * CHUNK);
            assertThat(pool.tryAcquire(CHUNK + 1)).isNull();
            Region one = take(pool, 1);
            assertThat(pool.tryAcquire(1)).isNull();
            AtomicInteger told = new AtomicInteger();
            pool.onRelease(told::incrementAndGet);
            three.release();
            assertThat(told).hasValue(1);
            one.release();
            assertThat(told).hasValue(1);
            assertThat(pool.inUse()).isZero();
            take(pool, 4 * CHUNK).release();
            assertThatThrownBy(() -> pool.tryAcquire(4 * CHUNK + 1)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void shouldKeepPartsToSlabsOfTheirOwn() throws Exception {
        try (RegionPool pool = new RegionPool(CHUNK, 5 * CHUNK, 2)) {
            assertThat(pool.parts()).isEqualTo(2);
            assertThat(pool.capacity()).isEqualTo(6 * CHUNK);
            assertThat(pool.partCapacity()).isEqualTo(3 * CHUNK);
            Region first = take(pool, 2 * CHUNK);
            Region second = Objects.requireNonNull(pool.tryAcquire(3 * CHUNK, 1));
            assertThat(first.memory().part()).isZero();
            assertThat(second.memory().part()).isEqualTo(1);
            assertThat(first.memory().slab()).isNotSameAs(second.memory().slab());
            assertThat(pool.tryAcquire(1, 1))
                    .as("though the other part has room")
                    .isNull();
            assertThat(pool.inUse(0)).isEqualTo(2 * CHUNK);
            assertThat(pool.inUse(1)).isEqualTo(3 * CHUNK);
            assertThat(pool.inUse()).isEqualTo(5 * CHUNK);
            second.release();
            assertThat(pool.inUse(1)).isZero();
            first.release();
            assertThatThrownBy(() -> pool.tryAcquire(1, 2)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> new RegionPool(CHUNK, CHUNK, 65)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void shouldRunEveryReleaseActionWhateverOneOfThemThrows() throws Exception {
        try (RegionPool pool = new RegionPool(CHUNK, CHUNK)) {
            AtomicInteger told = new AtomicInteger();
            pool.onRelease(() -> {
                throw new IllegalStateException("an action that fails");
            });
            pool.onRelease(told::incrementAndGet);
            take(pool, 1).release();
            assertThat(told).hasValue(1);
            assertThat(pool.inUse()).isZero();
        }
    }

    @Test
    void shouldThrowOnUseAndReleaseAfterRelease() throws Exception {
        try (RegionPool pool = new RegionPool(CHUNK, CHUNK)) {
            Region region = take(pool, 10);
            UnsafeBuffer kept = region.buffer();
            region.release();
            assertThatThrownBy(region::buffer).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(region::release).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(region::retainMemory).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> kept.getByte(0)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void shouldHandOutZeroesAlignedAndNeverTheSameBytesTwice() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (RegionPool pool = new RegionPool(CHUNK, 64 * CHUNK)) {
            ArrayDeque<Region> held = new ArrayDeque<>();
            byte mark = 0;
            for (int i = 0; i < 3000; i++) {
                Region region = pool.tryAcquire(1 + random.nextInt(8 * CHUNK));
                if (region == null || random.nextInt(3) == 0) {
                    Region old = held.poll();
                    if (old != null) {
                        byte expected = old.buffer().getByte(0);
                        assertThat(old.buffer().getByte(old.length() - 1))
                                .as("seed %d", seed)
                                .isEqualTo(expected);
                        old.release();
                    }
                }
                if (region != null) {
                    assertThat(region.buffer().addressOffset() % CHUNK).isZero();
                    assertThat(region.buffer().getByte(0)).isZero();
                    assertThat(region.buffer().getByte(region.length() - 1)).isZero();
                    region.buffer().setMemory(0, region.length(), ++mark);
                    held.add(region);
                }
            }
            held.forEach(Region::release);
            assertThat(pool.inUse()).isZero();
        }
    }

    @Test
    void shouldOutliveItsCloseUntilTheLastRegionIsReleased() throws Exception {
        RegionPool pool = new RegionPool(CHUNK, CHUNK);
        Region region = take(pool, 1);
        pool.close();
        pool.close();
        region.buffer().putByte(0, (byte) 1);
        assertThat(region.buffer().getByte(0)).isEqualTo((byte) 1);
        region.release();
        assertThatThrownBy(() -> pool.tryAcquire(1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldNameTheBytesThatCouldNotBeHad() {
        assertThatThrownBy(() -> new RegionPool(1 << 20, 1L << 45))
                .isInstanceOf(TransportException.class)
                .hasMessageContaining(String.valueOf(1L << 45))
                .hasMessageContaining("MaxDirectMemorySize");
        assertThatThrownBy(() -> new RegionPool(5000, 1 << 20)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldCheckAllSettingsOnceAndHideTheSecret() {
        TransportContext context =
                new TransportContext().secret("a very secret secret".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertThat(context.toString()).contains("<redacted>").doesNotContain("very");
        context.conclude();
        assertThatThrownBy(() -> context.role("x")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> new TransportContext().conclude()).hasMessageContaining("secret");
        assertThatThrownBy(() -> new TransportContext().secret(new byte[15]).conclude())
                .hasMessageContaining("15 bytes");
        assertThatThrownBy(() -> new TransportContext()
                        .secret(new byte[16])
                        .maxOperations(0)
                        .conclude())
                .hasMessageContaining("maxOperations=0");
    }
}
