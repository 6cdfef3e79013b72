// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.KeyHistory;
import io.sluice.store.memory.SlabMemoryPool;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.Storage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random writes of every type, flushes, compactions, snapshots and reopenings, against a model that replays the writes. A
 * longer run: {@code -Dsluice.seeds=1000}.
 */
class StoreHistoryTest {
    private static final List<ColumnFamilyDescriptor> FAMILIES =
            List.of(new ColumnFamilyDescriptor("default", options().build()));

    /** Files of a few entries, so that compactions cut and meet often. */
    static ColumnFamilyOptions.Builder options() {
        return ColumnFamilyOptions.builder()
                .mergeOperator(MergeOperators.stringAppend())
                .level0FileNumCompactionTrigger(2)
                .targetFileSizeBase(1024)
                .maxBytesForLevelBase(2048)
                .maxBytesForLevelMultiplier(2)
                .levelCompactionDynamicLevelBytes(false);
    }

    @Test
    void shouldFindWhatWasWrittenAtEveryMoment() throws Exception {
        long first = Long.getLong("sluice.seed", System.nanoTime());
        try (SlabMemoryPool pool = pool()) {
            for (long seed = first; seed < first + Integer.getInteger("sluice.seeds", 20); seed++) {
                try {
                    run(new Random(seed), pool);
                } catch (AssertionError | Exception e) {
                    throw new AssertionError("repeat with -Dsluice.seed=" + seed, e);
                }
            }
        }
    }

    /** A pool for many stores, one after the other: each of its own would wait for the collector to give its memory back. */
    static SlabMemoryPool pool() {
        return new SlabMemoryPool(16 << 20, 1 << 18, 4 << 20);
    }

    private static void run(Random random, SlabMemoryPool pool) throws Exception {
        DBOptions create = DBOptions.builder()
                .createIfMissing(true)
                .memoryPool(pool)
                .maxSubcompactions(3)
                .build();
        KeyHistory history = new KeyHistory();
        Storage storage = new MemoryStorage("history");
        for (int opening = 0; opening < 3; opening++) {
            try (Store store = Store.open(create, storage, FAMILIES)) {
                Map<Snapshot, Long> snapshots = new HashMap<>();
                for (int step = 0; step < 150; step++) {
                    step(store, history, snapshots, random);
                }
                check(store, ReadOptions.DEFAULT, history.at(Long.MAX_VALUE), random);
            }
        }
    }

    private static void step(Store store, KeyHistory history, Map<Snapshot, Long> snapshots, Random random)
            throws Exception {
        int kind = random.nextInt(20);
        if (kind == 0 || kind == 5) {
            store.flush(FlushOptions.DEFAULT);
        } else if (kind == 1) {
            snapshots.put(store.snapshot(), (long) history.writes().size());
        } else if (kind == 2 && !snapshots.isEmpty()) {
            Snapshot any = new ArrayList<>(snapshots.keySet()).get(random.nextInt(snapshots.size()));
            snapshots.remove(any);
            any.close();
        } else if (kind == 3) {
            check(store, ReadOptions.DEFAULT, history.at(Long.MAX_VALUE), random);
            for (Map.Entry<Snapshot, Long> entry : snapshots.entrySet()) {
                ReadOptions options =
                        ReadOptions.builder().snapshot(entry.getKey()).build();
                check(store, options, history.at(entry.getValue()), random);
            }
        } else if (kind == 4 && random.nextInt(3) == 0) {
            byte[] from = KeyHistory.key(random).getBytes(UTF_8);
            byte[] to = KeyHistory.target(random).getBytes(UTF_8);
            store.compactRange(
                    store.defaultColumnFamily(),
                    CompactRangeOptions.DEFAULT,
                    random.nextBoolean() ? null : from,
                    random.nextBoolean() ? null : to);
        } else if (kind == 4) {
            WriteBatch batch = new WriteBatch();
            for (int i = random.nextInt(6); i >= 0; i--) {
                add(batch, history.addRandom(random, true));
            }
            store.write(WriteOptions.DEFAULT, batch);
        } else {
            write(store, history.addRandom(random, true));
        }
    }

    static void write(Store store, KeyHistory.Write write) throws Exception {
        byte[] key = write.key().getBytes(UTF_8);
        byte[] value = write.value().getBytes(UTF_8);
        switch (write.type()) {
            case ValueType.VALUE -> store.put(key, value);
            case ValueType.DELETION -> store.delete(key);
            case ValueType.SINGLE_DELETION -> store.singleDelete(key);
            case ValueType.MERGE -> store.merge(key, value);
            case ValueType.RANGE_DELETION -> store.deleteRange(key, value);
            default -> throw new IllegalArgumentException("type=" + write.type());
        }
    }

    private static void add(WriteBatch batch, KeyHistory.Write write) {
        byte[] key = write.key().getBytes(UTF_8);
        byte[] value = write.value().getBytes(UTF_8);
        switch (write.type()) {
            case ValueType.VALUE -> batch.put(key, value);
            case ValueType.DELETION -> batch.delete(key);
            case ValueType.SINGLE_DELETION -> batch.singleDelete(key);
            case ValueType.MERGE -> batch.merge(key, value);
            case ValueType.RANGE_DELETION -> batch.deleteRange(key, value);
            default -> throw new IllegalArgumentException("type=" + write.type());
        }
    }

    /** Gets, scans both ways, and a walk of random moves. */
    static void check(Store store, ReadOptions options, NavigableMap<String, String> expected, Random random)
            throws Exception {
        ColumnFamilyHandle family = store.defaultColumnFamily();
        for (String key : KeyHistory.keys()) {
            byte[] found = store.get(family, options, key.getBytes(UTF_8));
            assertThat(found == null ? null : new String(found, UTF_8)).as(key).isEqualTo(expected.get(key));
        }
        try (StoreIterator iterator = store.newIterator(family, options)) {
            NavigableMap<String, String> scanned = new TreeMap<>();
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                scanned.put(new String(iterator.key(), UTF_8), new String(iterator.value(), UTF_8));
            }
            assertThat(scanned).isEqualTo(expected);
            scanned.clear();
            for (iterator.seekToLast(); iterator.isValid(); iterator.prev()) {
                scanned.put(new String(iterator.key(), UTF_8), new String(iterator.value(), UTF_8));
            }
            assertThat(scanned).as("backward").isEqualTo(expected);
            walk(iterator, expected, random);
        }
    }

    private static void walk(StoreIterator iterator, NavigableMap<String, String> expected, Random random)
            throws Exception {
        Map.@Nullable Entry<String, String> at = null;
        for (int i = 0; i < 30; i++) {
            String target = KeyHistory.target(random);
            switch (at == null ? random.nextInt(2) : random.nextInt(6)) {
                case 0 -> {
                    iterator.seek(target.getBytes(UTF_8));
                    at = expected.ceilingEntry(target);
                }
                case 1 -> {
                    if (random.nextBoolean()) {
                        iterator.seekForPrev(target.getBytes(UTF_8));
                    } else { // in the midst of a buffer
                        byte[] sought = ("<" + target + ">").getBytes(UTF_8);
                        ByteBuffer buffer = ByteBuffer.wrap(sought, 1, sought.length - 2);
                        iterator.seekForPrev(buffer);
                        assertThat(buffer.position()).isEqualTo(1);
                    }
                    at = expected.floorEntry(target);
                }
                case 2, 3 -> {
                    iterator.next();
                    at = expected.higherEntry(present(at).getKey());
                }
                default -> {
                    iterator.prev();
                    at = expected.lowerEntry(present(at).getKey());
                }
            }
            assertThat(iterator.isValid()).isEqualTo(at != null);
            if (at != null) {
                assertThat(new String(iterator.key(), UTF_8)).isEqualTo(at.getKey());
                assertThat(new String(iterator.value(), UTF_8)).isEqualTo(at.getValue());
            }
        }
    }

    private static <T> T present(@Nullable T value) {
        return Objects.requireNonNull(value);
    }
}
