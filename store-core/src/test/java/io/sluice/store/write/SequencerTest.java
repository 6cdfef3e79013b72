// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SequencerTest {
    @Test
    void shouldHoldBackAWriteUntilThoseBeforeItAreVisible() throws StoreException {
        Sequencer sequencer = new Sequencer(41);
        long first = sequencer.take(3);
        long second = sequencer.take(2);
        assertThat(first).isEqualTo(42);
        assertThat(second).isEqualTo(45);
        CompletableFuture<Void> ahead = CompletableFuture.runAsync(() -> sequencer.publish(second, 2));
        await().during(java.time.Duration.ofMillis(30)).until(() -> sequencer.visible() == 41 && !ahead.isDone());
        sequencer.publish(first, 3);
        ahead.join();
        assertThat(sequencer.visible()).isEqualTo(46);
    }

    @Test
    void shouldShowEveryRangeWholeAndInOrderUnderContention() {
        int threads = 8;
        int rounds = 20_000;
        int most = threads * rounds * 5;
        Sequencer sequencer = new Sequencer(0);
        AtomicIntegerArray done = new AtomicIntegerArray(most + 1);
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            writers.add(CompletableFuture.runAsync(() -> {
                try {
                    for (int i = 0; i < rounds; i++) {
                        int count = ThreadLocalRandom.current().nextInt(1, 6);
                        long first = sequencer.take(count);
                        for (int k = 0; k < count; k++) {
                            done.set((int) first + k, 1);
                        }
                        sequencer.publish(first, count);
                        long visible = sequencer.visible();
                        assertThat(visible).isGreaterThanOrEqualTo(first + count - 1);
                        for (long k = Math.max(1, visible - 20); k <= visible; k++) {
                            assertThat(done.get((int) k)).isEqualTo(1);
                        }
                    }
                } catch (StoreException e) {
                    throw new IllegalStateException(e);
                }
            }));
        }
        writers.forEach(CompletableFuture::join);
        assertThat(done.get((int) sequencer.visible())).isEqualTo(1);
        assertThat(done.get((int) sequencer.visible() + 1)).isZero();
    }

    @Test
    void shouldEndInAnErrorWhereTheNumbersAreUsedUp() {
        Sequencer sequencer = new Sequencer(InternalKey.MAX_SEQUENCE - 10);
        assertThatThrownBy(() -> sequencer.take(1))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("write.sequence.exhausted"));
    }

    @Test
    void shouldSpreadBytesOverTime() {
        WriteRate rate = new WriteRate(1_000_000, 0);
        assertThat(rate.reserve(500_000, 0)).isZero();
        assertThat(rate.reserve(500_000, 0)).isEqualTo(500_000_000);
        assertThat(rate.reserve(1, 400_000_000)).isEqualTo(600_000_000);
        assertThat(rate.reserve(1, 5_000_000_000L)).isZero();
    }

    @Test
    void shouldCountTheTurnsTakenAtANewRate() {
        WriteRate rate = new WriteRate(1_000_000, 0);
        assertThat(rate.reserve(1_000_000, 0)).isZero();
        rate.bytesPerSecond(10_000_000, 0);
        assertThat(rate.reserve(1, 0)).isEqualTo(100_000_000);
        rate.clear(0);
        assertThat(rate.reserve(1, 0)).isZero();
    }
}
