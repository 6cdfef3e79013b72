// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.PlugIns;
import io.sluice.compaction.plugin.PlugInSource;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;

/** A worker in a process, with a process for each attempt. */
final class WorkerForTests {
    private WorkerForTests() {}

    /** Serves for the storages below the first argument, with the plug-ins at the second; prints its URL. */
    public static void main(String[] args) throws IOException {
        CompactionWorker worker = CompactionWorker.start(
                WorkerSettings.builder(
                                "w1",
                                "host",
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                                List.of(args[0]))
                        .children(ChildForTests.starter(Path.of(args[1])))
                        .build(),
                uri -> Storages.open(uri, Map.of()),
                PlugInSource.of(PlugIns.BUILT_IN),
                new RateLimiter(0, System::nanoTime),
                System::nanoTime,
                new SecureRandom());
        System.out.println(worker.url());
        while (System.in.read() >= 0) {
            // Until the test closes it.
        }
        worker.close();
    }
}
