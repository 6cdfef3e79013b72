// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.load;

import io.sluice.cli.config.ConfigDefaults;
import io.sluice.cli.input.InputFile;
import io.sluice.cli.input.InputFormat;
import io.sluice.config.ByteSize;
import io.sluice.config.TimeSpan;
import io.sluice.store.BlockBasedTableOptions;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.sst.CompressionType;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** What a load writes and into what store: the options that generator and demo share. */
public final class LoadOptions {
    private static final int MAX_PARTS = 256;
    private static final long MAX_KEY = 64 << 10;
    private static final long MAX_VALUE = 16 << 20;
    private static final long MIN_MEMORY = 4 << 20;
    private static final long DEFAULT_MEMORY_LIMIT = 1 << 30;

    @Option(names = "--writers", paramLabel = "N", description = "Threads that write; ${DEFAULT-VALUE}.")
    private int writers = 10;

    @Option(names = "--column-families", paramLabel = "N", description = "Column families; ${DEFAULT-VALUE}.")
    private int columnFamilies = 10;

    @Option(names = "--num", paramLabel = "N", description = "Entries to write; ${DEFAULT-VALUE}.")
    private long num = 1_000_000;

    @Option(names = "--key-size", paramLabel = "SIZE", description = "Bytes of a key; ${DEFAULT-VALUE}.")
    private ByteSize keySize = new ByteSize(16);

    @Option(names = "--value-size", paramLabel = "SIZE", description = "Bytes of a value; ${DEFAULT-VALUE}.")
    private ByteSize valueSize = new ByteSize(100);

    @Option(names = "--seed", paramLabel = "N", description = "From which keys and values are made; ${DEFAULT-VALUE}.")
    private long seed = 42;

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            description = "The longest time to write; what was not written then is left out. Default: no limit.")
    private @Nullable TimeSpan duration;

    @Option(
            names = "--input",
            paramLabel = "FILE",
            description = "Write the records of a TSV, CSV or JSON lines file (may end in .gz) instead.")
    private @Nullable Path input;

    @Option(
            names = "--input-format",
            paramLabel = "FORMAT",
            description = "${COMPLETION-CANDIDATES}; by default what the file's name ends in.")
    private @Nullable InputFormat inputFormat;

    @Option(
            names = "--key-column",
            paramLabel = "NAME",
            description = "The column that is the key; needed with --input.")
    private @Nullable String keyColumn;

    @Option(
            names = "--value-columns",
            paramLabel = "NAME",
            split = ",",
            description = "The columns that are the value: of one, its text; of several, a JSON object; by default, a"
                    + " JSON object of all columns.")
    private List<String> valueColumns = List.of();

    @Option(
            names = "--write-buffer-size",
            paramLabel = "SIZE",
            description = "Size at which a memtable is flushed; ${DEFAULT-VALUE}.")
    private ByteSize writeBufferSize = new ByteSize(64 << 20);

    @Option(
            names = "--max-write-buffer-number",
            paramLabel = "N",
            description = "Memtables of a column family at which writes wait; ${DEFAULT-VALUE}.")
    private int maxWriteBufferNumber = 4;

    @Option(
            names = "--delayed-write-rate",
            paramLabel = "SIZE",
            description = "Bytes a second while writes are slowed; ${DEFAULT-VALUE}.")
    private ByteSize delayedWriteRate = new ByteSize(100 << 20);

    @Option(
            names = "--db-write-buffer-size",
            paramLabel = "SIZE",
            description = "Memory of all memtables together, taken at the start; by default what the options above can"
                    + " fill, at most 1GiB.")
    private @Nullable ByteSize dbWriteBufferSize;

    @Option(
            names = "--max-bgerror-resume-count",
            paramLabel = "N",
            description =
                    "Times that a failed flush is repeated before writing stops with its error; ${DEFAULT-VALUE}.")
    private int maxBgErrorResumeCount = 5;

    @Option(names = "--compression", paramLabel = "TYPE", description = "${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE}.")
    private CompressionType compression = CompressionType.SNAPPY;

    @Option(
            names = "--bloom-bits",
            paramLabel = "N",
            description = "Bits of the Bloom filter for each key, 0 for none; ${DEFAULT-VALUE}.")
    private int bloomBits = 10;

    @Option(names = "--block-size", paramLabel = "SIZE", description = "Bytes of a data block; ${DEFAULT-VALUE}.")
    private ByteSize blockSize = new ByteSize(4096);

    @Option(
            names = "--flush-deadline",
            paramLabel = "TIME",
            description = "The longest wait for the explicit flush after the last write; ${DEFAULT-VALUE}.")
    private TimeSpan flushDeadline = new TimeSpan(Duration.ofMinutes(2));

    @Option(
            names = "--verify",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "BOOLEAN",
            description = "Read every key back and compare; ${DEFAULT-VALUE}.")
    private boolean verify = true;

    /** The generator's defaults. */
    public LoadOptions() {}

    /** The demo's defaults: small enough for a laptop, with write buffers small enough to be flushed several times. */
    public static LoadOptions forDemo() {
        LoadOptions options = new LoadOptions();
        options.num = 600_000;
        options.valueSize = new ByteSize(256);
        options.duration = new TimeSpan(Duration.ofSeconds(30));
        options.writeBufferSize = new ByteSize(4 << 20);
        return options;
    }

    /** The flags that give a command with these options the same values. */
    public static List<String> flags(CommandSpec command) {
        List<String> flags = new ArrayList<>();
        for (OptionSpec option : command.options()) {
            Object value = option.getValue();
            if (option.userObject() instanceof Field field
                    && field.getDeclaringClass() == LoadOptions.class
                    && value != null) {
                String text = value instanceof List<?> list
                        ? list.stream().map(String::valueOf).collect(Collectors.joining(","))
                        : value.toString();
                if (!text.isEmpty()) {
                    flags.add(option.longestName() + "=" + text);
                }
            }
        }
        return flags;
    }

    /** Makes the demo smaller where it reads from an HDFS, whose gets take longer, as far as nothing else was asked for. */
    public void shrinkForHdfs(CommandSpec command) {
        ParseResult given = command.commandLine().getParseResult();
        if (!given.hasMatchedOption("--num")) {
            num = 100_000;
        }
        if (!given.hasMatchedOption("--write-buffer-size")) {
            writeBufferSize = new ByteSize(2 << 20);
        }
    }

    /** Checks ranges and combinations. */
    public void validate(CommandSpec command) {
        range(command, "--writers", writers, 1, MAX_PARTS);
        range(command, "--column-families", columnFamilies, 1, MAX_PARTS);
        range(command, "--num", num, 1, 1L << 40);
        range(command, "--key-size", keySize.bytes(), GeneratedWorkload.MIN_KEY_LENGTH, MAX_KEY);
        range(command, "--value-size", valueSize.bytes(), 0, MAX_VALUE);
        range(command, "--write-buffer-size", writeBufferSize.bytes(), 64 << 10, 1 << 30);
        range(command, "--max-write-buffer-number", maxWriteBufferNumber, 2, 1000);
        range(command, "--delayed-write-rate", delayedWriteRate.bytes(), 1 << 10, 1L << 40);
        range(command, "--max-bgerror-resume-count", maxBgErrorResumeCount, 0, Integer.MAX_VALUE);
        if (dbWriteBufferSize != null) {
            range(command, "--db-write-buffer-size", dbWriteBufferSize.bytes(), MIN_MEMORY, 1L << 40);
        }
        range(command, "--bloom-bits", bloomBits, 0, 100);
        range(command, "--block-size", blockSize.bytes(), 256, 16 << 20);
        if (flushDeadline.duration().isZero()) {
            throw ConfigDefaults.error(command, "--flush-deadline", "expected more than 0");
        }
        if (input == null) {
            if (keyColumn != null || !valueColumns.isEmpty() || inputFormat != null) {
                throw ConfigDefaults.error(
                        command,
                        keyColumn != null ? "--key-column" : inputFormat != null ? "--input-format" : "--value-columns",
                        "has a meaning only with --input");
            }
            return;
        }
        if (keyColumn == null) {
            throw ConfigDefaults.error(command, "--key-column", "missing: --input needs the column that is the key");
        }
        if (inputFormat == null) {
            try {
                inputFormat = InputFormat.of(InputFile.unpackedName(input));
            } catch (IllegalArgumentException e) {
                throw ConfigDefaults.error(command, "--input", String.valueOf(e.getMessage()));
            }
        }
    }

    private static void range(CommandSpec command, String option, long value, long min, long max) {
        if (value < min || value > max) {
            throw ConfigDefaults.error(command, option, "expected " + min + " to " + max + ", found " + value);
        }
    }

    int writers() {
        return writers;
    }

    int columnFamilyCount() {
        return columnFamilies;
    }

    boolean verify() {
        return verify;
    }

    Duration flushDeadline() {
        return flushDeadline.duration();
    }

    /** The longest that ending early may take: the flush, and then the rest. */
    public Duration stopLimit() {
        return flushDeadline.duration().plusSeconds(20);
    }

    /** The longest time to write, or null; a file is always written whole. */
    @Nullable
    Duration duration() {
        return duration == null || input != null ? null : duration.duration();
    }

    long delayedWriteRate() {
        return delayedWriteRate.bytes();
    }

    int maxBgErrorResumeCount() {
        return maxBgErrorResumeCount;
    }

    /** Memory for the memtables, bytes: as much as asked for, or as they can fill within a default bound. */
    public long memtableMemory(int chunkLength) {
        if (dbWriteBufferSize != null) {
            return dbWriteBufferSize.bytes();
        }
        long each = writeBufferSize.bytes() + 2L * chunkLength;
        return Math.min(each * columnFamilies * (maxWriteBufferNumber + 1L), DEFAULT_MEMORY_LIMIT);
    }

    ColumnFamilyOptions columnFamilyOptions(boolean remoteFlush, boolean compacts) {
        return ColumnFamilyOptions.builder()
                .writeBufferSize(writeBufferSize.bytes())
                .maxWriteBufferNumber(maxWriteBufferNumber)
                .disableAutoCompactions(!compacts)
                .compression(compression)
                .remoteFlush(remoteFlush)
                .tableOptions(BlockBasedTableOptions.builder()
                        .blockSize(blockSize.intBytes())
                        .filterBitsPerKey(bloomBits)
                        .build())
                .build();
    }

    /** What to write; reads the beginning of an input file, so that a wrong one is noticed at once. */
    Workload workload() throws IOException {
        if (input == null || inputFormat == null || keyColumn == null) {
            return new GeneratedWorkload(writers, columnFamilies, num, keySize.intBytes(), valueSize.intBytes(), seed);
        }
        InputWorkload workload =
                new InputWorkload(new InputFile(input, inputFormat, keyColumn, valueColumns), writers, columnFamilies);
        workload.probe();
        return workload;
    }
}
