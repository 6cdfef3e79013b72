// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.compaction;

import io.sluice.compaction.document.PlugIns;
import io.sluice.compaction.hoster.RemoteCompaction;
import io.sluice.compaction.hoster.RemoteCompactionSettings;
import io.sluice.compaction.hoster.RemoteWorker;
import io.sluice.compaction.plugin.PlugInSource;
import io.sluice.compaction.worker.CompactionWorker;
import io.sluice.compaction.worker.StorageOpener;
import io.sluice.compaction.worker.WorkerSettings;
import io.sluice.store.storage.RateLimiter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Workers in this JVM, reached over HTTP on loopback. */
final class Pool implements AutoCloseable {
    private static final Duration LONG = Duration.ofMinutes(5);

    private final List<CompactionWorker> workers = new ArrayList<>();
    private final List<RemoteWorker> addresses = new ArrayList<>();

    /**
     * Starts them.
     *
     * @param parallel subcompactions of one at a time
     */
    static Pool start(int count, int parallel, Path root, StorageOpener storages) throws IOException {
        Pool pool = new Pool();
        boolean started = false;
        try {
            for (int i = 1; i <= count; i++) {
                WorkerSettings settings = WorkerSettings.builder(
                                "worker-" + i,
                                "bench",
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                                List.of(root.toString()))
                        .maxParallel(parallel)
                        .maxWaiting(256)
                        .build();
                CompactionWorker worker = CompactionWorker.start(
                        settings,
                        storages,
                        PlugInSource.of(PlugIns.BUILT_IN),
                        new RateLimiter(0, System::nanoTime),
                        System::nanoTime,
                        new SecureRandom());
                pool.workers.add(worker);
                pool.addresses.add(RemoteWorker.of(worker.url()));
            }
            started = true;
            return pool;
        } finally {
            if (!started) {
                pool.close();
            }
        }
    }

    /** All compactions on these workers. */
    RemoteCompaction client() {
        return client(addresses);
    }

    /** All compactions on workers. */
    static RemoteCompaction client(List<RemoteWorker> workers) {
        return new RemoteCompaction(RemoteCompactionSettings.builder()
                .httpWorkers(workers)
                .dcompactMinLevel(0)
                .overallTimeout(LONG)
                .httpTimeout(Duration.ofSeconds(30))
                .build());
    }

    @Override
    public void close() {
        workers.forEach(CompactionWorker::close);
    }
}
