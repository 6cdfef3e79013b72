// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.compaction.CompactionPriority;
import io.sluice.store.sst.CompressionType;
import io.sluice.store.wal.WalRecoveryMode;
import java.util.Map;

/** The names that values have in an OPTIONS file: the {@code *_string_map}s of RocksDB's options/options_helper.cc. */
public final class OptionEnums {
    /** Of {@code compression}. */
    public static final Map<String, CompressionType> COMPRESSIONS = Map.of(
            "kNoCompression", CompressionType.NONE,
            "kSnappyCompression", CompressionType.SNAPPY,
            "kLZ4Compression", CompressionType.LZ4,
            "kLZ4HCCompression", CompressionType.LZ4HC,
            "kZSTD", CompressionType.ZSTD);

    /** Of {@code compaction_pri}. */
    public static final Map<String, CompactionPriority> PRIORITIES = Map.of(
            "kByCompensatedSize", CompactionPriority.BY_COMPENSATED_SIZE,
            "kOldestLargestSeqFirst", CompactionPriority.OLDEST_LARGEST_SEQ_FIRST,
            "kOldestSmallestSeqFirst", CompactionPriority.OLDEST_SMALLEST_SEQ_FIRST,
            "kMinOverlappingRatio", CompactionPriority.MIN_OVERLAPPING_RATIO,
            "kRoundRobin", CompactionPriority.ROUND_ROBIN);

    /** Of {@code wal_recovery_mode}. */
    public static final Map<String, WalRecoveryMode> RECOVERY_MODES = Map.of(
            "kTolerateCorruptedTailRecords", WalRecoveryMode.TOLERATE_CORRUPTED_TAIL_RECORDS,
            "kAbsoluteConsistency", WalRecoveryMode.ABSOLUTE_CONSISTENCY,
            "kPointInTimeRecovery", WalRecoveryMode.POINT_IN_TIME_RECOVERY,
            "kSkipAnyCorruptedRecords", WalRecoveryMode.SKIP_ANY_CORRUPTED_RECORDS);

    private OptionEnums() {}

    /** The name of a value. */
    static <T> String name(Map<String, T> names, T value) {
        return names.entrySet().stream()
                .filter(entry -> entry.getValue().equals(value))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new AssertionError(value + " has no name"));
    }
}
