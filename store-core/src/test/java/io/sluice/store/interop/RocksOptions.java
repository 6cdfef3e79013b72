// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.interop;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.rocksdb.RocksDB;

/** Draws RocksDB's options, in its own notation: all that changes what it writes. */
final class RocksOptions {
    private final Draw draw;
    private final int version;
    private final StringBuilder drawn = new StringBuilder();
    private final boolean first;

    /** Options for a store that is made ({@code first}) or there already. */
    RocksOptions(Draw draw, boolean first) {
        this.draw = draw;
        this.first = first;
        RocksDB.Version known = RocksDB.rocksdbVersion();
        this.version = known.getMajor() * 100 + known.getMinor();
    }

    /** What was drawn so far. */
    @Override
    public String toString() {
        return "RocksDB " + version + drawn;
    }

    Properties store() {
        Map<String, Object> options = new LinkedHashMap<>();
        options.put("create_if_missing", true);
        options.put("create_missing_column_families", true);
        options.put("stats_dump_period_sec", 0);
        options.put("stats_persist_period_sec", 0);
        boolean atomic = draw.once(3);
        options.put("atomic_flush", atomic);
        boolean recycle = draw.once(4);
        options.put("recycle_log_file_num", recycle ? 2 : 0);
        options.put(
                "wal_recovery_mode",
                recycle
                        ? draw.oneOf("kTolerateCorruptedTailRecords", "kSkipAnyCorruptedRecords")
                        : draw.oneOf(
                                "kPointInTimeRecovery",
                                "kAbsoluteConsistency",
                                "kTolerateCorruptedTailRecords",
                                "kSkipAnyCorruptedRecords"));
        options.put("wal_compression", draw.once(3) ? "kZSTD" : "kNoCompression");
        options.put("track_and_verify_wals_in_manifest", draw.once(3));
        options.put("track_and_verify_wals", draw.once(3));
        options.put("manual_wal_flush", draw.once(4));
        options.put("enable_pipelined_write", !atomic && draw.once(4)); // RocksDB takes not both
        options.put("max_manifest_file_size", draw.once(3) ? 2000 : 1 << 30);
        options.put("write_dbid_to_manifest", draw.coin());
        options.put("avoid_flush_during_recovery", draw.once(3));
        options.put("max_subcompactions", draw.between(1, 3));
        options.put("max_total_wal_size", draw.once(5) ? 20_000 : 0);
        if (draw.once(3)) {
            options.put("file_checksum_gen_factory", "FileChecksumGenCrc32cFactory");
        }
        if (version >= 1108) {
            options.put("reuse_manifest_on_open", draw.once(3));
            options.put("optimize_manifest_for_recovery", draw.once(3));
            options.put("async_wal_precreate", draw.once(3));
        }
        return note("store", options);
    }

    Properties family(FamilyPlan plan) {
        Map<String, Object> options = new LinkedHashMap<>();
        String style = first && draw.once(12)
                ? "kCompactionStyleFIFO"
                : draw.oneOf("kCompactionStyleLevel", "kCompactionStyleLevel", "kCompactionStyleUniversal");
        options.put("compaction_style", style);
        options.put("num_levels", plan.numLevels());
        options.put("level0_file_num_compaction_trigger", draw.between(2, 6));
        options.put("level_compaction_dynamic_level_bytes", draw.coin());
        options.put("target_file_size_base", draw.oneOf(1 << 10, 4 << 10, 1 << 20));
        options.put("max_bytes_for_level_base", draw.oneOf(2 << 10, 20 << 10, 10 << 20));
        options.put("max_bytes_for_level_multiplier", draw.oneOf(2, 10));
        options.put("disable_auto_compactions", draw.once(5));
        options.put("write_buffer_size", draw.oneOf(64 << 10, 64 << 20));
        options.put("max_successive_merges", draw.once(4) ? 3 : 0);
        options.put("memtable_prefix_bloom_size_ratio", draw.once(4) ? 0.1 : 0);
        options.put("preserve_internal_time_seconds", draw.once(6) ? 3600 : 0);
        options.put("optimize_filters_for_hits", draw.once(5));
        int index = draw.between(0, 3);
        String extractor = draw.oneOf("", "", "rocksdb.FixedPrefix.", "rocksdb.CappedPrefix.");
        if (index == 1) {
            extractor = "rocksdb.CappedPrefix."; // RocksDB reads beyond keys that are shorter than a fixed prefix
        }
        int prefixLength = extractor.isEmpty() ? -1 : draw.between(1, 4);
        if (prefixLength > 0) {
            options.put("prefix_extractor", extractor + prefixLength);
        }
        boolean align = draw.once(6);
        options.put("compression", align ? "kNoCompression" : compression());
        if (!align) {
            if (draw.coin()) {
                options.put("bottommost_compression", compression());
                options.put("bottommost_compression_opts", "{enabled=" + draw.coin() + ";" + dictionary() + "}");
            }
            if (draw.once(4)) {
                options.put("compression_per_level", compression() + ":" + compression() + ":" + compression());
            }
            options.put("compression_opts", "{" + dictionary() + ";parallel_threads=" + draw.oneOf(1, 1, 3) + "}");
        }
        options.put("block_based_table_factory", table(index, prefixLength > 0, align));
        return note(plan.name(), options);
    }

    /** The prefix length in properties of {@link #family}, or -1. */
    static int prefixLength(Properties family) {
        String extractor = family.getProperty("prefix_extractor", "");
        return extractor.isEmpty() ? -1 : Integer.parseInt(extractor.substring(extractor.lastIndexOf('.') + 1));
    }

    private String compression() {
        return draw.oneOf(
                "kNoCompression",
                "kSnappyCompression",
                "kZlibCompression",
                "kBZip2Compression",
                "kLZ4Compression",
                "kLZ4HCCompression",
                "kZSTD",
                "kZSTD");
    }

    private String dictionary() {
        return draw.coin()
                ? "max_dict_bytes=0"
                : "max_dict_bytes=" + draw.oneOf(200, 4000, 16_000) + ";zstd_max_train_bytes=" + draw.oneOf(0, 100_000)
                        + ";use_zstd_dict_trainer=" + draw.coin();
    }

    private String table(int index, boolean prefixes, boolean align) {
        Map<String, Object> options = new LinkedHashMap<>();
        options.put("format_version", draw.between(2, version >= 1004 ? 7 : 6));
        options.put("checksum", draw.oneOf("kNoChecksum", "kCRC32c", "kxxHash", "kxxHash64", "kXXH3"));
        options.put("block_size", align ? 4096 : draw.oneOf(100, 300, 1000, 4096, 16_384));
        options.put("block_size_deviation", draw.oneOf(0, 10, 50));
        options.put("block_restart_interval", draw.oneOf(1, 2, 16));
        options.put("use_delta_encoding", draw.between(0, 4) > 0);
        options.put("block_align", align);
        boolean parts = index == 2;
        options.put(
                "index_type",
                switch (index) {
                    case 0 -> "kBinarySearch";
                    case 1 -> "kHashSearch";
                    case 2 -> "kTwoLevelIndexSearch";
                    default -> "kBinarySearchWithFirstKey";
                });
        options.put("index_block_restart_interval", index == 1 ? 1 : draw.oneOf(1, 3, 16));
        options.put(
                "index_shortening",
                draw.oneOf("kNoShortening", "kShortenSeparators", "kShortenSeparatorsAndSuccessor"));
        options.put("enable_index_compression", draw.coin());
        options.put("metadata_block_size", draw.oneOf(100, 400, 4096));
        options.put("partition_filters", parts && draw.coin());
        options.put("decouple_partitioned_filters", draw.coin());
        options.put("optimize_filters_for_memory", draw.coin());
        String filter =
                draw.oneOf("nullptr", "bloomfilter:10", "bloomfilter:3.5", "ribbonfilter:10", "ribbonfilter:10:2");
        options.put("filter_policy", filter);
        options.put("whole_key_filtering", !prefixes || draw.coin());
        options.put("data_block_index_type", draw.oneOf("kDataBlockBinarySearch", "kDataBlockBinaryAndHash"));
        options.put("data_block_hash_table_util_ratio", draw.oneOf(0.5, 0.75));
        options.put("cache_index_and_filter_blocks", draw.coin());
        if (version >= 1108 && !align) {
            options.put("separate_key_value_in_data_block", draw.once(3));
            options.put("uniform_cv_threshold", draw.oneOf(-1, 1000));
            options.put("super_block_alignment_size", draw.once(5) ? 65_536 : 0);
        }
        return options.entrySet().stream().map(Object::toString).collect(Collectors.joining(";", "{", "}"));
    }

    private Properties note(String what, Map<String, Object> options) {
        drawn.append("\n  ").append(what).append(' ').append(options);
        Properties properties = new Properties();
        options.forEach((key, value) -> properties.setProperty(key, value.toString()));
        return properties;
    }
}
