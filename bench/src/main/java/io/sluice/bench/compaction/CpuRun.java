// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.compaction;

import com.sun.management.OperatingSystemMXBean;
import io.sluice.bench.common.Spread;
import io.sluice.cli.command.CommandFailure;
import io.sluice.cli.process.Child;
import io.sluice.cli.process.JavaCommand;
import io.sluice.compaction.hoster.RemoteCompaction;
import io.sluice.compaction.hoster.RemoteWorker;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The processor time that this process takes for compacting the same store, itself and by a worker in a process of its own,
 * in turns. Filling and flushing don't count.
 */
final class CpuRun {
    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private static final Duration START_LIMIT = Duration.ofMinutes(2);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    private static final int VALUE_SIZE = 100;
    private static final int FILES = 8;
    private static final double NS_PER_SECOND = 1e9;

    private final Path directory;
    private final long keys;
    private int stores;

    private CpuRun(Path directory, long keys) {
        this.directory = directory;
        this.keys = keys;
    }

    static Map<String, Object> run(Path directory, long keys, int rounds)
            throws IOException, CommandFailure, InterruptedException {
        Child worker = Child.start(
                "compaction-worker",
                JavaCommand.sluice(
                        "512m",
                        "",
                        List.of(
                                "worker",
                                "--name=worker-1",
                                "--http=127.0.0.1:0",
                                "--storage-roots=" + directory.toRealPath())),
                directory.resolve("worker-log"),
                line -> {});
        try {
            String ready = worker.awaitReady(START_LIMIT);
            String url = ready.substring(ready.lastIndexOf(' ') + 1);
            RemoteCompaction remote = Pool.client(List.of(RemoteWorker.of(url)));
            return new CpuRun(directory, keys).measure(remote, rounds);
        } finally {
            worker.stop(STOP_LIMIT);
        }
    }

    private Map<String, Object> measure(RemoteCompaction remote, int rounds) throws IOException, CommandFailure {
        double[] local = new double[rounds];
        double[] away = new double[rounds];
        for (int i = -1; i < rounds; i++) { // the first round warms up
            double here = seconds(null);
            double elsewhere = seconds(remote);
            if (i >= 0) {
                local[i] = here;
                away[i] = elsewhere;
            }
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("keys", keys);
        figures.put("local_cpu_s", Round.to(Spread.of(local).median(), 3));
        figures.put("remote_cpu_s", Round.to(Spread.of(away).median(), 3));
        figures.put("cpu_ratio", Round.to(Spread.ofRatios(away, local).median(), 4));
        return figures;
    }

    private double seconds(@Nullable RemoteCompaction remote) throws IOException, CommandFailure {
        Path path = directory.resolve("cpu-" + ++stores);
        try (BenchStore store = BenchStore.create(path, remote, 64 << 20, 64 << 20, false, VALUE_SIZE)) {
            for (int i = 0; i < FILES; i++) {
                store.fillRandom(keys / FILES, i);
                store.flush();
            }
            long before = PROCESS.getProcessCpuTime();
            store.compact();
            long used = PROCESS.getProcessCpuTime() - before;
            if (remote != null && store.statistics().compactReadBytes() > 0) {
                throw new CommandFailure("not all was compacted by the worker");
            }
            return used / NS_PER_SECOND;
        }
    }
}
