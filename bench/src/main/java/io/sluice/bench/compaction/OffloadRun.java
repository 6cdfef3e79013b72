// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.compaction;

import io.sluice.cli.command.CommandFailure;
import io.sluice.store.Statistics;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A store that is filled at random and compacts by itself, all on workers; then it is compacted whole. */
final class OffloadRun {
    private static final int VALUE_SIZE = 100;

    private OffloadRun() {}

    static Map<String, Object> run(Path directory, long keys, long seed) throws IOException, CommandFailure {
        try (Pool pool = Pool.start(2, 8, directory, uri -> Storages.open(uri, Map.of()));
                BenchStore store = BenchStore.create(
                        directory.resolve("offload"), pool.client(), 2 << 20, 2 << 20, true, VALUE_SIZE)) {
            store.fill(keys);
            store.fillRandom(keys, seed);
            store.flush();
            store.compact();
            store.verify(keys, 10_000);
            Statistics counted = store.statistics();
            long all = counted.compactReadBytes() + counted.remoteCompactReadBytes();
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("compactions", counted.compactionsCompleted());
            figures.put("compaction_read_bytes", all);
            figures.put("offloaded_share", Round.to((double) counted.remoteCompactReadBytes() / Math.max(1, all), 4));
            return figures;
        }
    }
}
