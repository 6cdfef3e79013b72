// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import io.sluice.cli.command.CommandFailure;
import io.sluice.store.sst.CompressionType;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * RocksDB's own {@code db_bench}, a process of its own for each run: {@code fillrandom}, then {@code flush}. It takes a
 * time after each put as {@link Fill} does (its {@code --histogram}).
 */
final class DbBench implements Contender {
    /** Where Debian's package rocksdb-tools puts it. */
    static final Path PROGRAM = Path.of("/usr/bin/db_bench");

    private static final String NO_COMPACTION = "1000000";
    private static final Pattern RESULT = Pattern.compile("fillrandom\\s*:.*\\s([0-9.]+) seconds (\\d+) operations;.*");
    private static final Pattern PERCENTILES =
            Pattern.compile("Percentiles: P50: ([0-9.]+) P75: [0-9.]+ P99: ([0-9.]+) P99\\.9: ([0-9.]+) .*");
    private static final String FLUSHED = "flush memtable";

    private final Path program;

    /** With the program at that path. */
    DbBench(Path program) throws CommandFailure {
        if (!Files.isExecutable(program)) {
            throw new CommandFailure("there is no " + program + " to compare with: on Debian, apt-get install"
                    + " rocksdb-tools installs it; or leave rocksdb out of --vs");
        }
        this.program = program;
    }

    @Override
    public String name() {
        return "db_bench";
    }

    @Override
    public Measurement run(Load load, long seed, Path directory) throws CommandFailure, IOException {
        Process process = new ProcessBuilder(command(load, seed, directory))
                .redirectErrorStream(true)
                .start();
        try (BufferedReader lines = process.inputReader()) {
            Output output = new Output(() -> process.info().totalCpuDuration().orElse(Duration.ZERO));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                output.line(line, System.nanoTime());
            }
            return output.measurement(process.waitFor());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }

    List<String> command(Load load, long seed, Path directory) {
        return List.of(
                // Its lines are to arrive when they are printed: the time of the last flush follows from that.
                "stdbuf",
                "-oL",
                program.toString(),
                "--benchmarks=fillrandom,flush",
                "--db=" + directory,
                "--num=" + load.num(),
                "--writes=" + load.putsOfWriter(),
                "--threads=" + load.writers(),
                "--seed=" + (seed + 1), // 0 is the time
                "--key_size=" + load.keySize(),
                "--value_size=" + load.valueSize(),
                "--num_column_families=" + load.columnFamilies(),
                "--disable_wal=1",
                "--write_buffer_size=" + load.writeBufferSize(),
                "--max_write_buffer_number=" + load.maxWriteBufferNumber(),
                "--db_write_buffer_size=" + load.dbWriteBufferSize(),
                "--delayed_write_rate=" + load.delayedWriteRate(),
                "--max_background_jobs=" + 4 * load.maxBackgroundFlushes(),
                "--compression_type=" + compression(load.compression()),
                "--bloom_bits=" + load.bloomBits(),
                "--block_size=4096",
                "--format_version=5",
                "--checksum_type=1",
                "--disable_auto_compactions=1",
                "--level0_file_num_compaction_trigger=" + NO_COMPACTION,
                "--level0_slowdown_writes_trigger=" + NO_COMPACTION,
                "--level0_stop_writes_trigger=" + NO_COMPACTION,
                "--histogram=1",
                "--stats_interval=1000000000");
    }

    private static String compression(CompressionType type) {
        return type == CompressionType.NONE ? "none" : type.name().toLowerCase(Locale.ROOT);
    }

    /** What it prints. */
    static final class Output {
        private final StringBuilder all = new StringBuilder();
        private double seconds;
        private long puts;
        private final double[] percentiles = new double[3];
        private boolean assertions;
        private long writtenAt;
        private long flushedAt;
        private Duration cpu = Duration.ZERO;

        /** Tells the process's time on processors so far, zero where it is gone. */
        private final Supplier<Duration> cpuClock;

        Output(Supplier<Duration> cpuClock) {
            this.cpuClock = cpuClock;
        }

        void line(String line, long arrivedAt) {
            all.append(line).append('\n');
            assertions |= line.contains("Assertions are enabled");
            Matcher result = RESULT.matcher(line);
            Matcher latency = PERCENTILES.matcher(line);
            if (result.matches()) {
                seconds = Double.parseDouble(result.group(1));
                puts = Long.parseLong(result.group(2));
                writtenAt = arrivedAt;
                cpu = cpuClock.get();
            } else if (latency.matches()) {
                for (int i = 0; i < percentiles.length; i++) {
                    percentiles[i] = Double.parseDouble(latency.group(i + 1));
                }
            } else if (line.equals(FLUSHED)) {
                flushedAt = arrivedAt;
                Duration latest = cpuClock.get();
                cpu = latest.isZero() ? cpu : latest;
            }
        }

        Measurement measurement(int exitCode) throws CommandFailure {
            if (exitCode != 0 || puts == 0 || percentiles[0] == 0 || flushedAt == 0) {
                throw new CommandFailure("db_bench ended with exit code " + exitCode
                        + " without the lines expected; it printed:\n" + all);
            }
            return new Measurement(
                    puts,
                    seconds,
                    seconds + (flushedAt - writtenAt) / 1e9,
                    cpu.toNanos() / 1e9,
                    percentiles[0],
                    percentiles[1],
                    percentiles[2],
                    null,
                    Map.of("assertions", assertions));
        }
    }
}
