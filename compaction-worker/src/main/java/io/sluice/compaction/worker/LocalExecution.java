// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.ResultDocument;
import io.sluice.compaction.document.ResultFile;
import io.sluice.compaction.plugin.PlugInSource;
import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.CompactionAttempt;
import io.sluice.store.compaction.CompactionCounts;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * Runs attempts in this process.
 *
 * @param plugIns of the jobs
 * @param subcompactions see {@link CompactionAttempt.Place}; so the other three
 */
record LocalExecution(
        PlugInSource plugIns,
        Executor subcompactions,
        RateLimiter limiter,
        LongSupplier nanoClock,
        String host,
        String id)
        implements Execution {
    @Override
    public ResultDocument run(HostedAttempt hosted, String uri, Storage storage) throws IOException {
        JobDocument document = hosted.document();
        try (PlugInSource.Lease lease = plugIns.lease(document.hoster().instanceName())) {
            CompactionAttempt attempt = new CompactionAttempt(
                    new CompactionAttempt.Place(storage, subcompactions, limiter, nanoClock, host, id),
                    document.compactionJob(lease.plugIns()),
                    document.attempt(),
                    document.progress(),
                    hosted);
            hosted.begin(new Run(attempt));
            ResultDocument result = ResultDocument.of(attempt.run());
            ResultFile.write(storage, result);
            return result;
        }
    }

    private record Run(CompactionAttempt attempt) implements HostedAttempt.Run {
        @Override
        public CompactionCounts counts() {
            return attempt.counts();
        }

        @Override
        public void abort(StoreException reason) {
            attempt.abort(reason);
        }
    }
}
