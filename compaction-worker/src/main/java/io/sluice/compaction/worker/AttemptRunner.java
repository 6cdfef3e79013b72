// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.JobName;
import io.sluice.compaction.document.ResultDocument;
import io.sluice.compaction.document.ResultFile;
import io.sluice.store.compaction.CompactionAttempt;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs an attempt on a thread of its own: opens the storage, compacts, leaves the RESULT file. Safe for concurrent use. */
final class AttemptRunner {
    private static final Logger LOG = LoggerFactory.getLogger(AttemptRunner.class);

    private final StoragePlace places;
    private final StorageOpener storages;
    private final Executor subcompactions;
    private final RateLimiter limiter;
    private final LongSupplier nanoClock;
    private final String host;
    private final String id;

    AttemptRunner(
            StoragePlace places,
            StorageOpener storages,
            Executor subcompactions,
            RateLimiter limiter,
            LongSupplier nanoClock,
            String host,
            String id) {
        this.places = places;
        this.storages = storages;
        this.subcompactions = subcompactions;
        this.limiter = limiter;
        this.nanoClock = nanoClock;
        this.host = host;
        this.id = id;
    }

    /** Runs it to its end, whatever that is. */
    void run(HostedAttempt hosted) {
        try (StoragePlace.Found found = places.find(hosted.document());
                Storage storage = storages.open(found.uri())) {
            run(hosted, storage);
        } catch (IOException | RuntimeException | Error e) {
            if (hosted.hasEnded()) {
                LOG.warn("{}: its storage can't be closed", hosted, e);
            } else {
                LOG.warn("{}: its storage can't be opened", hosted, e);
                hosted.fail(WorkerErrors.of(e));
            }
        }
    }

    private void run(HostedAttempt hosted, Storage storage) {
        JobDocument document = hosted.document();
        Set<String> kept = new HashSet<>();
        try {
            CompactionAttempt attempt = new CompactionAttempt(
                    new CompactionAttempt.Place(storage, subcompactions, limiter, nanoClock, host, id),
                    hosted.job(),
                    document.attempt(),
                    document.progress(),
                    hosted);
            if (!hosted.begin(attempt)) {
                return;
            }
            CompactionResult made = attempt.run();
            ResultDocument result = ResultDocument.of(made);
            ResultFile.write(storage, result);
            hosted.finish(result);
            LOG.info("{}: done, {} files", hosted, made.outputs().size());
        } catch (IOException | RuntimeException | Error e) {
            LOG.warn("{}: ended: {}", hosted, e.getMessage(), e instanceof IOException ? null : e);
            hosted.progress(0).segments().forEach(segment -> {
                if (segment.output() != null) {
                    kept.add(FileNames.table(segment.output().file().number()));
                }
            });
            deleteUnfinished(storage, document.job(), document.attempt(), kept);
            hosted.fail(WorkerErrors.of(e));
        }
    }

    /** What no other attempt can adopt is of no use to anybody. */
    private static void deleteUnfinished(Storage storage, JobName job, int attempt, Set<String> kept) {
        String directory = job.attemptDirectory(attempt);
        try {
            for (String name : storage.list(directory)) {
                if (!kept.contains(name)) {
                    storage.delete(directory + "/" + name);
                }
            }
        } catch (IOException e) {
            LOG.debug("what is left in {} can't be deleted", directory, e);
        }
    }
}
