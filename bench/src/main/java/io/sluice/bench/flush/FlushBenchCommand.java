// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import io.sluice.bench.common.TemporaryDirectory;
import io.sluice.config.ByteSize;
import io.sluice.store.sst.CompressionType;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice bench flush}. */
@Command(
        name = "flush",
        description = {
            "Puts per second while memtables are flushed, beside RocksDB with the same options: no log, no compaction,"
                    + " the same keys and values, the same threads. Runs are interleaved, each in a fresh store that is"
                    + " read back whole.",
            "Example: ./sluice bench flush --num 2000000 --writers 1,10 --flush local,remote --rounds 5"
        },
        showDefaultValues = true)
public final class FlushBenchCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--num", description = "Puts of a run, of all writers together; keys are drawn from [0, num).")
    private int num = 3_000_000;

    @Option(names = "--key-size", description = "Bytes of a key, 8 or more.")
    private int keySize = 16;

    @Option(names = "--value-size", description = "Bytes of a value.")
    private int valueSize = 100;

    @Option(names = "--writers", split = ",", description = "Threads that write; each number is measured.")
    private List<Integer> writers = List.of(1, 10);

    @Option(names = "--column-families", description = "Column families that the keys spread over.")
    private int columnFamilies = 1;

    @Option(names = "--rounds", description = "Runs of each case.")
    private int rounds = 5;

    @Option(
            names = "--flush",
            split = ",",
            converter = FlushPlace.Converter.class,
            description = "Where our memtables are flushed: local, remote (a memnode and two workers, to a directory),"
                    + " remote-hdfs (the same, to an embedded HDFS).")
    private List<FlushPlace> flush = List.of(FlushPlace.LOCAL);

    @Option(
            names = "--vs",
            split = ",",
            converter = Reference.Converter.class,
            description = "What to compare with: rocksdb is Debian's db_bench, rocksdbjni RocksDB in this JVM, none"
                    + " nothing.")
    private List<Reference> vs = List.of(Reference.ROCKSDB, Reference.ROCKSDBJNI);

    @Option(names = "--write-buffer-size", description = "write_buffer_size of both sides.")
    private ByteSize writeBufferSize = ByteSize.parse("64MiB");

    @Option(names = "--max-write-buffer-number", description = "max_write_buffer_number of both sides.")
    private int maxWriteBufferNumber = 4;

    @Option(names = "--db-write-buffer-size", description = "db_write_buffer_size of both sides.")
    private ByteSize dbWriteBufferSize = ByteSize.parse("1GiB");

    @Option(names = "--delayed-write-rate", description = "delayed_write_rate of both sides, a second.")
    private ByteSize delayedWriteRate = ByteSize.parse("100MiB");

    @Option(names = "--max-background-flushes", description = "Threads that flush on this machine, on both sides.")
    private int maxBackgroundFlushes = 1;

    @Option(names = "--compression", description = "Compression of both sides: ${COMPLETION-CANDIDATES}.")
    private CompressionType compression = CompressionType.NONE;

    @Option(names = "--bloom-bits", description = "Bits a key of the filters of both sides, 0 for none.")
    private int bloomBits = 0;

    @Option(names = "--seed", description = "Of keys and values.")
    private long seed = 1;

    @Option(
            names = "--dir",
            description = "Where the stores go, a temporary directory if not given.",
            showDefaultValue = Visibility.NEVER)
    private @Nullable Path directory;

    @Option(names = "--no-warm-up", description = "Leave out the runs that warm the JVM up.")
    private boolean noWarmUp;

    @Option(names = "--json", description = "Print one JSON object on stdout.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        List<Load> loads = loads();
        if (directory != null) {
            Files.createDirectories(directory);
        }
        try (TemporaryDirectory work = TemporaryDirectory.create(directory, "sluice-bench-");
                Contenders contenders =
                        Contenders.start(Set.copyOf(vs), Set.copyOf(flush), work.path(), dbWriteBufferSize.bytes())) {
            PrintWriter err = spec.commandLine().getErr();
            Rounds run = new Rounds(contenders, loads, work.path(), line -> {
                err.println(line);
                err.flush();
            });
            Result.Cold cold = noWarmUp ? null : run.warmUp(seed);
            Result result = run.measure(rounds, seed, cold);
            print(result);
            return 0;
        }
    }

    private void print(Result result) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonReport.write(result));
        } else {
            TableReport.write(result, out);
        }
        out.flush();
    }

    private List<Load> loads() {
        if (rounds < 1) {
            throw new ParameterException(spec.commandLine(), "--rounds=" + rounds + " is below 1");
        }
        try {
            return writers.stream()
                    .distinct()
                    .map(count -> new Load(
                            num,
                            keySize,
                            valueSize,
                            count,
                            columnFamilies,
                            compression,
                            writeBufferSize.bytes(),
                            maxWriteBufferNumber,
                            dbWriteBufferSize.bytes(),
                            delayedWriteRate.bytes(),
                            maxBackgroundFlushes,
                            bloomBits))
                    .toList();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }
}
