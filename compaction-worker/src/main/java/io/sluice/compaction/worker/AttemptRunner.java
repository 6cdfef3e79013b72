// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.ResultDocument;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs an attempt on a thread of its own: opens the storage, has it compacted, and clears up. Safe for concurrent use. */
final class AttemptRunner {
    private static final Logger LOG = LoggerFactory.getLogger(AttemptRunner.class);

    private final Finder places;
    private final StorageOpener storages;
    private final Execution execution;
    private final LongSupplier nanoClock;
    private final Duration viewLimit;

    /** Finds where a job's storage is on this machine. */
    @FunctionalInterface
    interface Finder {
        /** The storage, until it is closed. */
        StoragePlace.Found find(JobDocument job) throws IOException;
    }

    AttemptRunner(
            Finder places, StorageOpener storages, Execution execution, LongSupplier nanoClock, Duration viewLimit) {
        this.places = places;
        this.storages = storages;
        this.execution = execution;
        this.nanoClock = nanoClock;
        this.viewLimit = viewLimit;
    }

    /** Runs it to its end, whatever that is. */
    void run(HostedAttempt hosted) {
        try (StoragePlace.Found found = places.find(hosted.document());
                Storage storage = storages.open(found.uri())) {
            run(hosted, found.uri(), storage);
        } catch (IOException | RuntimeException | Error e) {
            if (hosted.hasEnded()) {
                LOG.warn("{}: its storage can't be closed", hosted, e);
            } else {
                LOG.warn("{}: its storage can't be opened", hosted, e);
                hosted.fail(WorkerErrors.of(e));
            }
        }
    }

    private void run(HostedAttempt hosted, String uri, Storage storage) {
        try {
            new InputView(storage, nanoClock, viewLimit).await(hosted.document(), hosted::isUnwanted);
            ResultDocument result = execution.run(hosted, uri, storage);
            hosted.finish(result);
            LOG.info("{}: done, {} files", hosted, result.outputs().size());
        } catch (IOException | RuntimeException | Error e) {
            LOG.warn("{}: ended: {}", hosted, e.getMessage(), e instanceof IOException ? null : e);
            deleteUnfinished(hosted, storage);
            hosted.fail(WorkerErrors.of(e));
        }
    }

    /** What no other attempt can adopt is of no use to anybody. */
    private static void deleteUnfinished(HostedAttempt hosted, Storage storage) {
        Set<String> kept = new HashSet<>();
        hosted.progress(0).segments().forEach(segment -> {
            if (segment.output() != null) {
                kept.add(FileNames.table(segment.output().file().number()));
            }
        });
        JobDocument document = hosted.document();
        String directory = document.job().attemptDirectory(document.attempt());
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
