// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.PlugIns;
import io.sluice.compaction.plugin.PlugInSource;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A store's files and workers for them. */
abstract class WorkerScenario {
    @TempDir
    Path temporary;

    Path root = Path.of("");
    private final List<CompactionWorker> workers = new ArrayList<>();
    private final List<Gate> gates = new ArrayList<>();

    @BeforeEach
    void createRoot() throws IOException {
        root = Files.createDirectory(temporary.resolve("root"));
    }

    @AfterEach
    void closeWorkers() {
        gates.forEach(Gate::open);
        workers.forEach(CompactionWorker::close);
    }

    TestStore store(String name) throws IOException {
        return new TestStore(root.resolve(name), name);
    }

    WorkerSettings.Builder settings() {
        return settings("w1");
    }

    WorkerSettings.Builder settings(String id) {
        return WorkerSettings.builder(
                        id,
                        "host",
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        List.of(root.toString()))
                .waitLimit(Duration.ofSeconds(5))
                .orphanLimit(Duration.ofSeconds(30))
                .viewLimit(Duration.ofMillis(500));
    }

    CompactionWorker start(WorkerSettings.Builder settings) throws IOException {
        return start(settings, uri -> Storages.open(uri, Map.of()));
    }

    /** A gate that is open in the end. */
    Gate gate() {
        Gate gate = new Gate();
        gates.add(gate);
        return gate;
    }

    CompactionWorker start(WorkerSettings.Builder settings, Gate gate) throws IOException {
        gates.add(gate);
        return start(settings, uri -> gate.before(Storages.open(uri, Map.of())));
    }

    CompactionWorker start(WorkerSettings.Builder settings, StorageOpener opener) throws IOException {
        CompactionWorker worker = CompactionWorker.start(
                settings.build(),
                opener,
                PlugInSource.of(PlugIns.BUILT_IN),
                new RateLimiter(0, System::nanoTime),
                System::nanoTime,
                new SecureRandom());
        workers.add(worker);
        return worker;
    }
}
