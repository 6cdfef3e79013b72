// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.db;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Option;

/** The flags that db_bench has too, with its names and defaults. */
final class DbBenchFlags {
    private static final int NUMBER_LENGTH = 8;

    @Option(names = "--benchmarks", description = "In this order, comma-separated.")
    String benchmarks = "fillseq,fillrandom,overwrite,readrandom,readseq,readreverse,seekrandom,compact,readrandom";

    @Option(
            names = "--db",
            paramLabel = "DIR",
            description = "The store, which is emptied first; a temporary directory if not given.",
            showDefaultValue = Visibility.NEVER)
    @Nullable
    Path db;

    @Option(
            names = "--use_existing_db",
            arity = "0..1",
            fallbackValue = "1",
            converter = GflagsBoolean.class,
            description = "Go on with what is in --db.")
    boolean useExistingDb;

    @Option(names = "--num", description = "Keys are drawn from [0, num); operations of each thread.")
    long num = 1_000_000;

    @Option(names = "--reads", description = "Reads of each thread; num where below 0.")
    private long reads = -1;

    @Option(names = "--writes", description = "Writes of each thread; num where below 0.")
    private long writes = -1;

    @Option(names = "--threads", description = "Threads.")
    int threads = 1;

    @Option(names = "--seed", description = "Of the keys.")
    long seed = 1;

    @Option(names = "--key_size", description = "Bytes of a key, 8 or more.")
    int keySize = 16;

    @Option(names = "--value_size", description = "Bytes of a value.")
    int valueSize = 100;

    @Option(names = "--seek_nexts", description = "Steps after each seek of seekrandom.")
    int seekNexts = 0;

    @Option(
            names = "--histogram",
            arity = "0..1",
            fallbackValue = "1",
            converter = GflagsBoolean.class,
            description = "Take the time of every operation.")
    boolean histogram = true;

    @Option(
            names = "--disable_wal",
            arity = "0..1",
            fallbackValue = "1",
            converter = GflagsBoolean.class,
            description = "Write no log.")
    boolean disableWal;

    @Option(
            names = "--sync",
            arity = "0..1",
            fallbackValue = "1",
            converter = GflagsBoolean.class,
            description = "Sync the log with every write.")
    boolean sync;

    @Option(names = "--write_buffer_size", description = "Bytes of a memtable.")
    long writeBufferSize = 64L << 20;

    @Option(names = "--max_write_buffer_number", description = "Memtables.")
    int maxWriteBufferNumber = 2;

    @Option(names = "--num_levels", description = "Levels.")
    int numLevels = 7;

    @Option(names = "--max_bytes_for_level_base", description = "Bytes of level 1.")
    long maxBytesForLevelBase = 256L << 20;

    @Option(names = "--target_file_size_base", description = "Bytes of an SST of level 1.")
    long targetFileSizeBase = 64L << 20;

    @Option(names = "--level0_file_num_compaction_trigger", description = "Files of level 0 that are compacted.")
    int level0FileNumCompactionTrigger = 4;

    @Option(names = "--level0_slowdown_writes_trigger", description = "Files of level 0 that slow writes.")
    int level0SlowdownWritesTrigger = 20;

    @Option(names = "--level0_stop_writes_trigger", description = "Files of level 0 that stop writes.")
    int level0StopWritesTrigger = 36;

    @Option(
            names = "--disable_auto_compactions",
            arity = "0..1",
            fallbackValue = "1",
            converter = GflagsBoolean.class,
            description = "Compact only when asked to.")
    boolean disableAutoCompactions;

    @Option(names = "--max_background_jobs", description = "Flushes and compactions at a time.")
    int maxBackgroundJobs = 2;

    @Option(names = "--subcompactions", description = "Threads of a compaction.")
    int subcompactions = 1;

    @Option(names = "--delayed_write_rate", description = "Bytes a second while writes are slowed.")
    long delayedWriteRate = 8L << 20;

    @Option(names = "--block_size", description = "Bytes of a data block.")
    int blockSize = 4096;

    @Option(names = "--bloom_bits", description = "Bits a key of the Bloom filter; none where below 1.")
    int bloomBits = -1;

    @Option(names = "--compression_type", description = "none, snappy, lz4, lz4hc or zstd.")
    String compressionType = "snappy";

    /** Reads of a thread. */
    long reads() {
        return reads < 0 ? num : reads;
    }

    /** Writes of a thread. */
    long writes() {
        return writes < 0 ? num : writes;
    }

    /**
     * Checks what the options' types don't.
     *
     * @throws IllegalArgumentException naming the flag
     */
    void validate() {
        atLeast("--num", num, 1);
        atLeast("--threads", threads, 1);
        atLeast("--key_size", keySize, NUMBER_LENGTH);
        atLeast("--value_size", valueSize, 0);
        atLeast("--seek_nexts", seekNexts, 0);
        Benchmark.parse(benchmarks);
    }

    private static void atLeast(String flag, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(flag + "=" + value + " is below " + least);
        }
    }

    /** The same for db_bench, of a store in {@code directory}. */
    List<String> forDbBench(Path directory, long runSeed) {
        List<String> flags = new ArrayList<>();
        add(flags, "benchmarks", benchmarks);
        add(flags, "db", directory);
        add(flags, "num", num);
        add(flags, "reads", reads);
        add(flags, "writes", writes);
        add(flags, "threads", threads);
        add(flags, "seed", runSeed);
        add(flags, "key_size", keySize);
        add(flags, "value_size", valueSize);
        add(flags, "seek_nexts", seekNexts);
        add(flags, "histogram", histogram);
        add(flags, "disable_wal", disableWal);
        add(flags, "sync", sync);
        add(flags, "write_buffer_size", writeBufferSize);
        add(flags, "max_write_buffer_number", maxWriteBufferNumber);
        add(flags, "num_levels", numLevels);
        add(flags, "max_bytes_for_level_base", maxBytesForLevelBase);
        add(flags, "target_file_size_base", targetFileSizeBase);
        add(flags, "level0_file_num_compaction_trigger", level0FileNumCompactionTrigger);
        add(flags, "level0_slowdown_writes_trigger", level0SlowdownWritesTrigger);
        add(flags, "level0_stop_writes_trigger", level0StopWritesTrigger);
        add(flags, "disable_auto_compactions", disableAutoCompactions);
        add(flags, "max_background_jobs", maxBackgroundJobs);
        add(flags, "subcompactions", subcompactions);
        add(flags, "delayed_write_rate", delayedWriteRate);
        add(flags, "block_size", blockSize);
        add(flags, "bloom_bits", bloomBits);
        add(flags, "compression_type", compressionType);
        add(flags, "format_version", 5);
        return flags;
    }

    private static void add(List<String> flags, String name, Object value) {
        flags.add("--" + name + "=" + value);
    }
}
