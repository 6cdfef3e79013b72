// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.flush.FlushInfo;
import io.sluice.store.flush.FlushJob;
import io.sluice.store.flush.FlushResult;
import io.sluice.store.flush.FlushVerifier;
import io.sluice.store.job.TableVerifier;
import io.sluice.store.manifest.Epoch;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.manifest.Version;
import io.sluice.store.manifest.VersionEdit;
import io.sluice.store.manifest.VersionSet;
import io.sluice.store.memtable.SealedMemtable;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a flush's result part of the store: verify, rename into place, log the version edit, show the new version, let go
 * of the memtables; in this order, so that nothing is released before what replaces it is durable. On the installer's
 * thread only.
 */
final class FlushInstaller {
    private static final Logger LOGGER = LoggerFactory.getLogger(FlushInstaller.class);

    private final Storage storage;
    private final Epoch epoch;
    private final VersionSet versions;
    private final FlushVerifier verifier;
    private final LogRetention logs;
    private final EngineStatistics statistics;
    private final CompactionCounters counters;
    private final FileWeights weights;
    private final LongSupplier nanoClock;

    FlushInstaller(
            Storage storage,
            Epoch epoch,
            VersionSet versions,
            LogRetention logs,
            EngineStatistics statistics,
            CompactionCounters counters,
            FileWeights weights,
            LongSupplier nanoClock) {
        this.storage = storage;
        this.epoch = epoch;
        this.versions = versions;
        this.logs = logs;
        this.verifier = new FlushVerifier(storage);
        this.statistics = statistics;
        this.counters = counters;
        this.weights = weights;
        this.nanoClock = nanoClock;
    }

    /** Installs a result. Where it throws, the memtables are still the column family's. */
    FlushInfo install(FlushTask task, FlushJob job, FlushResult result) throws IOException {
        ColumnFamily family = task.columnFamily;
        if (family.isDropped()) {
            deleteJobDirectory(job);
            throw new StoreException(
                    Kind.NOT_FOUND, "flush.dropped", "column family \"" + family.name() + "\" was dropped meanwhile");
        }
        TableVerifier.@Nullable Verified verified =
                verifier.verify(job, result, family.settings().paranoidFileChecks());
        VersionEdit edit = new VersionEdit(family.id()).lastSequence(largestSequence(job));
        if (verified != null) {
            task.fileNumberUsed = true;
            try {
                storage.rename(verified.path(), FileNames.table(job.fileNumber()));
                storage.syncDirectory("");
            } catch (IOException e) {
                throw epoch.fencedOr(e);
            }
            edit.addFile(0, verified.file());
        }
        logs.complete(edit, task);
        versions.logAndApply(edit);
        // Counted before those who wait for the flush are woken, so that they find it counted.
        long nanos = nanoClock.getAsLong() - task.startNanos;
        long bytes = verified == null ? 0 : verified.file().size();
        statistics.flushed(result.builder(), bytes);
        counters.flushed(family.id(), bytes, nanos);
        if (verified != null) {
            weights.put(verified.file(), verified.properties());
        }
        Version version = versions.retainVersion(family.id());
        try {
            family.finishTask(task, version);
        } finally {
            version.release();
        }
        logs.deleteUnneeded();
        deleteJobDirectory(job);
        return FlushInfos.completed(job, task, result, verified, nanos);
    }

    private static long largestSequence(FlushJob job) {
        long largest = 0;
        for (SealedMemtable memtable : job.memtables()) {
            largest = Math.max(largest, memtable.layout().largestSequence());
        }
        return largest;
    }

    /** What attempts left. Best effort: the next opening deletes the epoch's whole directory. */
    private void deleteJobDirectory(FlushJob job) {
        try {
            storage.deleteRecursively(job.ownerDirectory() + "/" + job.id().directory());
        } catch (IOException e) {
            LOGGER.debug("what is left of flush {} can't be deleted", job.id(), e);
        }
    }
}
