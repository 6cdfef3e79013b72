// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.compaction.document.PlugIns;
import io.sluice.compaction.plugin.PlugInSource;
import io.sluice.compaction.worker.CompactionWorker;
import io.sluice.compaction.worker.StorageOpener;
import io.sluice.compaction.worker.WorkerSettings;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Workers as they are, on loopback. */
final class RealWorkers implements AutoCloseable {
    private final List<CompactionWorker> workers = new ArrayList<>();

    /** Opens what a job names. */
    static final StorageOpener OPENER = uri -> Storages.open(uri, Map.of());

    CompactionWorker start(
            String id, Path root, StorageOpener opener, PlugIns plugIns, UnaryOperator<WorkerSettings.Builder> settings)
            throws IOException {
        WorkerSettings.Builder builder = WorkerSettings.builder(
                id, "host", new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), List.of(root.toString()));
        CompactionWorker worker = CompactionWorker.start(
                settings.apply(builder).build(),
                opener,
                PlugInSource.of(plugIns),
                new RateLimiter(0, System::nanoTime),
                System::nanoTime,
                new SecureRandom());
        workers.add(worker);
        return worker;
    }

    CompactionWorker start(String id, Path root) throws IOException {
        return start(id, root, OPENER, PlugIns.BUILT_IN, UnaryOperator.identity());
    }

    /** Settings of a store that uses all of them, for every job. */
    RemoteCompactionSettings.Builder settings() {
        return RemoteCompactionSettings.builder()
                .httpWorkers(workers.stream()
                        .map(worker -> RemoteWorker.of(worker.url()))
                        .toList())
                .dcompactMinLevel(0)
                .httpTimeout(Duration.ofSeconds(20))
                .overallTimeout(Duration.ofSeconds(30))
                .retrySleepTime(Duration.ofMillis(20));
    }

    @Override
    public void close() {
        workers.forEach(CompactionWorker::close);
    }
}
