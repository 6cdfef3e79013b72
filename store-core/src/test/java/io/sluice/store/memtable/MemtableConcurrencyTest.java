// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.Slice;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.memory.SlabMemoryPool;
import io.sluice.store.memtable.MemtableFixture.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MemtableConcurrencyTest {
    private static final int WRITERS = 10;

    private final SlabMemoryPool pool = MemtableFixture.pool();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final long seed = System.nanoTime();

    @AfterEach
    void stop() {
        threads.shutdownNow();
        assertThat(pool.inUse()).isZero();
        pool.close();
    }

    @Test
    void shouldHoldWhatAConcurrentMapHolds() throws Exception {
        Memtable memtable = MemtableFixture.memtable(pool);
        ConcurrentSkipListMap<Entry, Boolean> expected =
                new ConcurrentSkipListMap<>(Entry.order(BytewiseComparator.INSTANCE));
        AtomicLong sequence = new AtomicLong();
        AtomicBoolean done = new AtomicBoolean();
        CyclicBarrier start = new CyclicBarrier(WRITERS + 1);
        Future<Long> reader = threads.submit(() -> {
            start.await();
            long walks = 0;
            while (!done.get()) {
                walkChecked(memtable);
                walks++;
            }
            return walks;
        });
        List<Callable<Void>> writers = new ArrayList<>();
        for (int w = 0; w < WRITERS; w++) {
            SplittableRandom random = new SplittableRandom(seed + w);
            writers.add(() -> {
                start.await();
                MemtableLookup lookup = new MemtableLookup();
                for (int i = 0; i < 4000; i++) {
                    // Few keys, so that writers meet at the same places.
                    Slice key = Slice.utf8("key" + random.nextInt(500));
                    Entry entry = new Entry(key, sequence.incrementAndGet(), ValueType.VALUE, Slice.utf8("v" + i));
                    MemtableFixture.add(memtable, entry);
                    expected.put(entry, true);
                    assertThat(memtable.get(key.buffer(), 0, key.length(), InternalKey.MAX_SEQUENCE, lookup))
                            .isTrue();
                    assertThat(lookup.sequence()).isGreaterThanOrEqualTo(entry.sequence());
                }
                return null;
            });
        }
        for (Future<Void> writer : threads.invokeAll(writers, 60, TimeUnit.SECONDS)) {
            writer.get();
        }
        done.set(true);
        assertThat(reader.get(30, TimeUnit.SECONDS)).as("seed %d", seed).isPositive();
        assertThat(MemtableFixture.entries(memtable)).as("seed %d", seed).containsExactlyElementsOf(expected.keySet());
        assertThat(memtable.entryCount()).isEqualTo(WRITERS * 4000);
        assertThat(memtable.smallestSequence()).isEqualTo(1);
        assertThat(memtable.largestSequence()).isEqualTo(WRITERS * 4000);
        memtable.release();
    }

    private static void walkChecked(Memtable memtable) throws Exception {
        try (InternalIterator iterator = memtable.iterator()) {
            Entry previous = null;
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                Entry entry = MemtableFixture.entry(iterator);
                if (previous != null) {
                    assertThat(Entry.order(BytewiseComparator.INSTANCE).compare(previous, entry))
                            .isNegative();
                }
                previous = entry;
            }
        }
    }

    @Test
    void shouldSealWithExactlyTheEntriesOfThoseWhoEntered() throws Exception {
        for (int round = 0; round < 50; round++) {
            Memtable memtable = MemtableFixture.memtable(pool);
            AtomicLong sequence = new AtomicLong();
            AtomicLong linked = new AtomicLong();
            CyclicBarrier start = new CyclicBarrier(WRITERS + 1);
            List<Future<?>> writers = new ArrayList<>();
            for (int w = 0; w < WRITERS; w++) {
                String key = "writer" + w;
                writers.add(threads.submit(() -> {
                    start.await();
                    while (memtable.tryEnter()) {
                        Entry entry = new Entry(
                                Slice.utf8(key), sequence.incrementAndGet(), ValueType.VALUE, Slice.utf8("v"));
                        memtable.link(MemtableFixture.allocate(memtable, entry), entry.sequence());
                        linked.incrementAndGet();
                        memtable.exit();
                    }
                    return null;
                }));
            }
            start.await(10, TimeUnit.SECONDS);
            while (linked.get() < 20L * round) {
                Thread.onSpinWait();
            }
            SealedMemtable sealed = memtable.seal();
            long linkedWhenSealed = linked.get();
            List<Entry> entries = MemtableFixture.entries(memtable);
            SealedLayout layout = sealed.layout();
            for (Future<?> writer : writers) {
                writer.get(10, TimeUnit.SECONDS);
            }
            assertThat(linked.get()).as("nothing is linked after sealing").isEqualTo(linkedWhenSealed);
            assertThat(entries).hasSize((int) linkedWhenSealed);
            assertThat(layout.entryCount()).isEqualTo(linkedWhenSealed);
            SealedMemtableReader reader = SealedMemtableReader.open(
                    layout, sealed.blocks().stream().map(b -> b.buffer()).toList(), BytewiseComparator.INSTANCE);
            assertThat(MemtableFixture.drain(reader.iterator())).isEqualTo(entries);
            memtable.release();
        }
    }

    @Test
    void shouldWaitInSealForAWriterInside() throws Exception {
        Memtable memtable = MemtableFixture.memtable(pool);
        assertThat(memtable.tryEnter()).isTrue();
        int node = MemtableFixture.allocate(memtable, new Entry(Slice.utf8("k"), 1, ValueType.VALUE, Slice.utf8("v")));
        Future<SealedMemtable> sealing = threads.submit(memtable::seal);
        await().until(memtable::isSealed);
        assertThat(memtable.tryEnter()).isFalse();
        assertThat(sealing.isDone()).isFalse();
        memtable.link(node, 1);
        memtable.exit();
        assertThat(sealing.get(10, TimeUnit.SECONDS).layout().entryCount()).isEqualTo(1);
        memtable.release();
    }
}
