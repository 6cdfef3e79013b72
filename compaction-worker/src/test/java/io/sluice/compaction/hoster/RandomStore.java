// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sluice.compaction.document.PlugIns;
import io.sluice.store.BlockBasedTableOptions;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.CompactRangeOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Snapshot;
import io.sluice.store.Store;
import io.sluice.store.TimeToLive;
import io.sluice.store.WaitForCompactOptions;
import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.CompactionFilter;
import io.sluice.store.base.CompactionFilterFactory;
import io.sluice.store.base.Comparators;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.BottommostLevelCompaction;
import io.sluice.store.compaction.CompactionPriority;
import io.sluice.store.sst.CompressionType;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** A store of random options, and what is done to it. */
final class RandomStore {
    /** What workers must have for it, beside what each has. */
    static final PlugIns PLUG_INS = new PlugIns(
            Comparators.BUILT_IN,
            Map.of(),
            Map.of(TimeToLive.FACTORY_NAME, TimeToLive.filterOfJobs(), HashFilters.NAME, new HashFilters()));

    private static final int KEYS = 400;
    private static final Instant NOW = Instant.ofEpochSecond(1_700_000_000);

    private final Random random;
    private final TwiceCompacted executor;
    private final @Nullable MergeOperator operator;
    private final boolean hasTimes;
    private final KeyComparator comparator;
    private final Deque<Snapshot> snapshots = new ArrayDeque<>();

    RandomStore(long seed, TwiceCompacted executor) {
        this.random = new Random(seed);
        this.executor = executor;
        this.comparator = List.copyOf(Comparators.BUILT_IN.values()).get(random.nextInt(Comparators.BUILT_IN.size()));
        List<MergeOperator> operators =
                List.of(MergeOperators.stringAppend(";"), MergeOperators.put(), MergeOperators.max());
        int drawn = random.nextInt(operators.size() + 2);
        this.operator = drawn < operators.size() ? operators.get(drawn) : null;
        this.hasTimes = operator == null && random.nextBoolean();
    }

    private <T> T of(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    private ColumnFamilyOptions options() {
        ColumnFamilyOptions.Builder options = ColumnFamilyOptions.builder()
                .comparator(comparator)
                .writeBufferSize(64 << 10)
                .compression(of(List.of(CompressionType.values())))
                .levelCompactionDynamicLevelBytes(random.nextBoolean())
                .level0FileNumCompactionTrigger(of(List.of(1, 2, 4)))
                .targetFileSizeBase(of(List.of(2L << 10, 4L << 10, 16L << 10)))
                .maxBytesForLevelBase(of(List.of(8L << 10, 32L << 10)))
                .maxBytesForLevelMultiplier(of(List.of(2.0, 4.0)))
                .maxCompactionBytes(of(List.of(0L, 0L, 32L << 10)))
                .compactionPriority(of(List.of(CompactionPriority.values())))
                .tableOptions(BlockBasedTableOptions.builder()
                        .blockSize(of(List.of(256, 1024, 4096)))
                        .blockRestartInterval(of(List.of(1, 4, 16)))
                        .filterBitsPerKey(of(List.of(0, 4, 10)))
                        .wholeKeyFiltering(random.nextBoolean())
                        .build());
        if (operator != null) {
            options.mergeOperator(operator);
        }
        if (hasTimes) {
            options.compactionFilterFactory(TimeToLive.filter(Duration.ofHours(1), InstantSource.fixed(NOW)));
        } else if (random.nextBoolean()) {
            options.compactionFilterFactory(new HashFilters());
        }
        if (comparator instanceof BytewiseComparator && random.nextInt(3) == 0) {
            options.prefixExtractor(PrefixExtractor.fixed(4));
        }
        return options.build();
    }

    /** Writes, flushes and compacts until so many jobs were done with this store, or enough was written. */
    void run(Path directory, int jobs) throws StoreException {
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .maxBackgroundCompactions(3)
                .maxSubcompactions(1 + random.nextInt(4))
                .remoteCompactionExecutor(executor)
                .build();
        int end = executor.jobs.get() + jobs;
        try (Store store = Store.open(options, directory, List.of(new ColumnFamilyDescriptor("default", options())))) {
            for (int i = 0; i < 40 && executor.jobs.get() < end; i++) {
                write(store);
                store.flush(FlushOptions.DEFAULT);
                hold(store);
                if (random.nextInt(4) == 0) {
                    compact(store);
                }
            }
            store.waitForCompact(WaitForCompactOptions.DEFAULT);
            snapshots.forEach(Snapshot::close);
        }
    }

    private void write(Store store) throws StoreException {
        int from = random.nextInt(KEYS);
        int width = 20 + random.nextInt(KEYS);
        for (int i = 0; i < 120; i++) {
            int key = (from + random.nextInt(width)) % KEYS;
            switch (random.nextInt(20)) {
                case 0, 1 -> store.delete(key(key));
                case 2 -> store.singleDelete(key(key));
                case 3 -> {
                    int other = (key + 1 + random.nextInt(30)) % KEYS;
                    boolean isAscending = compare(comparator, key(key), key(other)) < 0;
                    store.deleteRange(isAscending ? key(key) : key(other), isAscending ? key(other) : key(key));
                }
                case 4, 5, 6, 7, 8 -> {
                    if (operator == null) {
                        store.put(key(key), value());
                    } else {
                        store.merge(key(key), value());
                    }
                }
                default -> store.put(key(key), value());
            }
        }
    }

    private static int compare(KeyComparator comparator, byte[] a, byte[] b) {
        return comparator.compare(new UnsafeBuffer(a), 0, a.length, new UnsafeBuffer(b), 0, b.length);
    }

    private void hold(Store store) throws StoreException {
        if (random.nextInt(3) == 0) {
            snapshots.add(store.snapshot());
        }
        if (snapshots.size() > 3 || (!snapshots.isEmpty() && random.nextInt(4) == 0)) {
            snapshots.remove().close();
        }
    }

    private void compact(Store store) throws StoreException {
        byte[] some = key(random.nextInt(KEYS));
        byte[] other = key(random.nextInt(KEYS));
        boolean isAscending = compare(comparator, some, other) < 0;
        store.compactRange(
                store.defaultColumnFamily(),
                CompactRangeOptions.builder()
                        .bottommostLevelCompaction(of(List.of(BottommostLevelCompaction.values())))
                        .maxSubcompactions(random.nextInt(4))
                        .build(),
                random.nextInt(3) == 0 ? null : isAscending ? some : other,
                random.nextInt(3) == 0 ? null : isAscending ? other : some);
    }

    private static byte[] key(int number) {
        return String.format("k%05d", number).getBytes(UTF_8);
    }

    private byte[] value() {
        byte[] value = new byte[random.nextInt(120)];
        random.nextBytes(value);
        return hasTimes ? TimeToLive.stamp(value, NOW.minusSeconds(random.nextInt(7200))) : value;
    }

    /** A function of the key: drops, changes and skips some. */
    static final class HashFilters implements CompactionFilterFactory {
        static final String NAME = "test.HashFilters";

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public CompactionFilter create() {
            return new CompactionFilter() {
                @Override
                public String name() {
                    return "test.HashFilter";
                }

                @Override
                public Decision filter(int level, Kind kind, DirectBuffer key, DirectBuffer value) {
                    int number = key.parseNaturalIntAscii(1, 5);
                    if (number % 7 == 0) {
                        return Decision.REMOVE;
                    } else if (number % 7 == 1) {
                        return Decision.changeValue(("changed " + kind + " " + level).getBytes(UTF_8));
                    } else if (number % 41 == 0) {
                        return Decision.removeAndSkipUntil(RandomStore.key(number + 5));
                    }
                    return Decision.KEEP;
                }
            };
        }
    }
}
