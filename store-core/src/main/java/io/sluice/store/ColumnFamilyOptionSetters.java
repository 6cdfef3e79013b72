// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.util.Map.entry;

import io.sluice.store.OptionsInterpreter.Setter;
import io.sluice.store.base.CompactionFilterFactory;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.CompactionPriority;
import io.sluice.store.engine.OptionEnums;
import io.sluice.store.options.ObjectOptions;
import io.sluice.store.options.OptionText;
import io.sluice.store.sst.CompressionType;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The options of a column family that a file can have, with their ranges at {@link ColumnFamilyOptions.Builder}; collects
 * those of one.
 */
final class ColumnFamilyOptionSetters {
    private static final int MAX_FILES = 1_000_000;
    private static final long MAX_BYTES = 1L << 50;

    private static final Map<String, Setter<ColumnFamilyOptionSetters>> BY_NAME = Map.ofEntries(
            entry("write_buffer_size", (s, v) -> s.options.writeBufferSize(v.number(64 << 10, 1 << 30))),
            entry("max_write_buffer_number", (s, v) -> s.maxWriteBufferNumber = v.integer(2, 1000)),
            entry("min_write_buffer_number_to_merge", (s, v) -> s.minWriteBufferNumberToMerge = v.integer(1, 999)),
            entry("compression", ColumnFamilyOptionSetters::compression),
            entry("compression_opts", ColumnFamilyOptionSetters::compressionOptions),
            entry("num_levels", (s, v) -> s.options.numLevels(v.integer(1, 32))),
            entry(
                    "level0_file_num_compaction_trigger",
                    (s, v) -> s.options.level0FileNumCompactionTrigger(v.integer(1, MAX_FILES))),
            entry(
                    "level0_slowdown_writes_trigger",
                    (s, v) -> s.options.level0SlowdownWritesTrigger(v.integer(1, MAX_FILES))),
            entry("level0_stop_writes_trigger", (s, v) -> s.options.level0StopWritesTrigger(v.integer(1, MAX_FILES))),
            entry("max_bytes_for_level_base", (s, v) -> s.options.maxBytesForLevelBase(v.number(1 << 10, MAX_BYTES))),
            entry("max_bytes_for_level_multiplier", ColumnFamilyOptionSetters::levelMultiplier),
            entry(
                    "level_compaction_dynamic_level_bytes",
                    (s, v) -> s.options.levelCompactionDynamicLevelBytes(v.flag())),
            entry("target_file_size_base", (s, v) -> s.options.targetFileSizeBase(v.number(1 << 10, MAX_BYTES))),
            entry("target_file_size_multiplier", (s, v) -> s.options.targetFileSizeMultiplier(v.integer(1, 1000))),
            entry("max_compaction_bytes", (s, v) -> s.options.maxCompactionBytes(atMost(v))),
            entry(
                    "soft_pending_compaction_bytes_limit",
                    (s, v) -> s.options.softPendingCompactionBytesLimit(atMost(v))),
            entry(
                    "hard_pending_compaction_bytes_limit",
                    (s, v) -> s.options.hardPendingCompactionBytesLimit(atMost(v))),
            entry("disable_auto_compactions", (s, v) -> s.options.disableAutoCompactions(v.flag())),
            entry("compaction_pri", ColumnFamilyOptionSetters::compactionPriority),
            entry("compaction_style", (s, v) -> v.oneOf(Map.of("kCompactionStyleLevel", ""))),
            entry("paranoid_file_checks", (s, v) -> s.options.paranoidFileChecks(v.flag())),
            entry("comparator", ColumnFamilyOptionSetters::comparator),
            entry("prefix_extractor", ColumnFamilyOptionSetters::prefixExtractor),
            entry("merge_operator", ColumnFamilyOptionSetters::mergeOperator),
            entry("compaction_filter_factory", ColumnFamilyOptionSetters::compactionFilterFactory),
            entry("compaction_filter", (s, v) -> {
                if (!v.isNull()) {
                    v.unsupported("there are compaction filter factories only");
                }
            }),
            entry("table_factory", (s, v) -> {
                String kind = OptionText.objectId(v.raw());
                if (!kind.isEmpty() && !kind.equals("BlockBasedTable")) {
                    v.unsupported("there is BlockBasedTable only");
                }
            }));

    private final ConfigOptions config;
    private final ColumnFamilyOptions.Builder options = ColumnFamilyOptions.builder();
    private final BlockBasedTableOptions.Builder table = BlockBasedTableOptions.builder();
    private int maxWriteBufferNumber = ColumnFamilyOptions.DEFAULT.maxWriteBufferNumber();
    private int minWriteBufferNumberToMerge = ColumnFamilyOptions.DEFAULT.minWriteBufferNumberToMerge();

    ColumnFamilyOptionSetters(ConfigOptions config) {
        this.config = config;
    }

    Map<String, Setter<ColumnFamilyOptionSetters>> byName() {
        return BY_NAME;
    }

    BlockBasedTableOptions.Builder table() {
        return table;
    }

    /** The options; brings what contradicts itself into line as RocksDB does ({@code SanitizeCfOptions}). */
    ColumnFamilyOptions build() {
        return options.maxWriteBufferNumber(maxWriteBufferNumber)
                .minWriteBufferNumberToMerge(Math.min(minWriteBufferNumberToMerge, maxWriteBufferNumber - 1))
                .tableOptions(table.build())
                .build();
    }

    /** A number of bytes above which nothing changes. */
    private static long atMost(OptionValue value) throws StoreException {
        return Math.min(MAX_BYTES, value.number(0, Long.MAX_VALUE));
    }

    private static void compression(ColumnFamilyOptionSetters s, OptionValue value) throws StoreException {
        boolean isZstdBeforeItWasFinal = value.raw().equals("kZSTDNotFinalCompression");
        CompressionType type = isZstdBeforeItWasFinal ? CompressionType.ZSTD : value.oneOf(OptionEnums.COMPRESSIONS);
        if (type != null) {
            s.options.compression(type);
        }
    }

    /** {@code {level=3;...}}, or {@code window_bits:level:...} as releases before 6.5 wrote it. */
    private static void compressionOptions(ColumnFamilyOptionSetters s, OptionValue value) throws StoreException {
        OptionValue level = value.property("level");
        String[] fields = OptionText.unescape(value.raw()).split(":", 3);
        if (level == null && fields.length > 2) {
            level = value.part(fields[1]);
        }
        if (level != null) {
            s.options.compressionLevel(level.integer(Integer.MIN_VALUE, Integer.MAX_VALUE));
        }
    }

    private static void levelMultiplier(ColumnFamilyOptionSetters s, OptionValue value) throws StoreException {
        double factor = value.decimal();
        if (factor > 1 && factor <= 1000) {
            s.options.maxBytesForLevelMultiplier(factor);
        } else {
            value.unsupported("expected a number above 1 and at most 1000");
        }
    }

    private static void compactionPriority(ColumnFamilyOptionSetters s, OptionValue value) throws StoreException {
        CompactionPriority priority = value.oneOf(OptionEnums.PRIORITIES);
        if (priority != null) {
            s.options.compactionPriority(priority);
        }
    }

    private static void comparator(ColumnFamilyOptionSetters s, OptionValue value) throws StoreException {
        KeyComparator order = object(value, s.config.comparators().get(name(value)));
        if (order != null) {
            s.options.comparator(order);
        }
    }

    private static void prefixExtractor(ColumnFamilyOptionSetters s, OptionValue value) throws StoreException {
        PrefixExtractor extractor = object(value, ObjectOptions.prefixExtractor(value.raw()));
        if (extractor != null) {
            s.options.prefixExtractor(extractor);
        }
    }

    private static void mergeOperator(ColumnFamilyOptionSetters s, OptionValue value) throws StoreException {
        MergeOperator registered = s.config.mergeOperators().get(name(value));
        MergeOperator operator =
                object(value, registered == null ? ObjectOptions.mergeOperator(value.raw()) : registered);
        if (operator != null) {
            s.options.mergeOperator(operator);
        }
    }

    private static void compactionFilterFactory(ColumnFamilyOptionSetters s, OptionValue value) throws StoreException {
        CompactionFilterFactory factory =
                object(value, s.config.compactionFilterFactories().get(name(value)));
        if (factory != null) {
            s.options.compactionFilterFactory(factory);
        }
    }

    private static String name(OptionValue value) {
        return OptionsInterpreter.text(OptionText.objectId(value.raw()));
    }

    /** The object found for a value; tells where there should be one and is none. */
    private static <T> @Nullable T object(OptionValue value, @Nullable T found) throws StoreException {
        if (found == null && !value.isNull()) {
            value.unsupported("no such object is built in or registered in ConfigOptions");
        }
        return found;
    }
}
