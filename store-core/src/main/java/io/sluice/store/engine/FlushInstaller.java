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
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a flush's result part of the store: verify, rename into place, log the version edit, show the new version, let go
 * of the memtables; in this order, so that nothing is released before what replaces it is durable. Where the write-ahead log
 * has failed the edit waits for those of all others: see {@link HeldFlushes}. On the installer's thread only.
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
    private final HeldFlushes held;

    /** Learns what becomes of a result: {@link #held}, perhaps, and one of the others. Returns at once. */
    interface Outcome {
        /** It is in the manifest. */
        void installed(FlushInfo info);

        /** It is not, and its memtables are still the column family's. */
        void failed(Throwable cause);

        /** It waits for the flushes of others, since the log has failed. */
        void held();

        /** It is thrown away: the log has failed, and the next flush must have the column family's newer memtables too. */
        void refused(StoreException ofLog);
    }

    FlushInstaller(
            Storage storage,
            Epoch epoch,
            VersionSet versions,
            LogRetention logs,
            HeldFlushes held,
            EngineStatistics statistics,
            CompactionCounters counters,
            FileWeights weights,
            LongSupplier nanoClock) {
        this.storage = storage;
        this.epoch = epoch;
        this.versions = versions;
        this.logs = logs;
        this.held = held;
        this.verifier = new FlushVerifier(storage);
        this.statistics = statistics;
        this.counters = counters;
        this.weights = weights;
        this.nanoClock = nanoClock;
    }

    /** Installs a result, or holds it; where it throws, {@code outcome} is told nothing. */
    void install(FlushTask task, FlushJob job, FlushResult result, Outcome outcome) throws IOException {
        if (task.columnFamily.isDropped()) {
            deleteJobDirectory(job);
            throw dropped(task);
        }
        PreparedFlush flush = new PreparedFlush(task, job, result, prepare(task, job, result), outcome);
        if (logs.settle(task)) {
            apply(List.of(flush));
        } else if (HeldFlushes.isWhole(task)) {
            held.add(flush);
            outcome.held();
            installHeld();
        } else {
            refuse(flush);
        }
    }

    /** Installs what is held, if that is everything now. */
    void installHeld() {
        List<PreparedFlush> present = new ArrayList<>();
        for (PreparedFlush flush : held.takeIfWhole()) {
            if (versions.columnFamilies().containsKey(flush.task().columnFamily.id())) {
                present.add(flush);
            } else {
                flush.outcome().failed(dropped(flush.task()));
            }
        }
        if (!present.isEmpty()) {
            try {
                apply(present);
            } catch (IOException | RuntimeException | Error e) {
                present.forEach(flush -> flush.outcome().failed(e));
            }
        }
    }

    private TableVerifier.@Nullable Verified prepare(FlushTask task, FlushJob job, FlushResult result)
            throws IOException {
        TableVerifier.@Nullable Verified verified =
                verifier.verify(job, result, task.columnFamily.settings().paranoidFileChecks());
        if (verified != null) {
            task.fileNumberUsed = true;
            try {
                storage.rename(verified.path(), FileNames.table(job.fileNumber()));
                storage.syncDirectory("");
            } catch (IOException e) {
                throw epoch.fencedOr(e);
            }
        }
        return verified;
    }

    /** Installs them together or not at all; where it throws, not at all. */
    private void apply(List<PreparedFlush> flushes) throws IOException {
        List<FlushTask> tasks = flushes.stream().map(PreparedFlush::task).toList();
        List<VersionEdit> edits = new ArrayList<>();
        for (PreparedFlush flush : flushes) {
            VersionEdit edit =
                    new VersionEdit(flush.task().columnFamily.id()).lastSequence(largestSequence(flush.job()));
            if (flush.verified() != null) {
                edit.addFile(0, flush.verified().file());
            }
            logs.complete(edit, flush.task(), tasks);
            edits.add(edit);
        }
        versions.logAndApply(edits);
        for (PreparedFlush flush : flushes) {
            try {
                flush.outcome().installed(show(flush));
            } catch (IOException | RuntimeException | Error e) {
                flush.outcome().failed(e);
            }
        }
        logs.deleteUnneeded();
    }

    /** Makes an installed flush what reads see. */
    private FlushInfo show(PreparedFlush flush) throws IOException {
        FlushTask task = flush.task();
        ColumnFamily family = task.columnFamily;
        TableVerifier.@Nullable Verified verified = flush.verified();
        // Counted before those who wait for the flush are woken, so that they find it counted.
        long nanos = nanoClock.getAsLong() - task.startNanos;
        long bytes = verified == null ? 0 : verified.file().size();
        statistics.flushed(flush.result().builder(), bytes);
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
        deleteJobDirectory(flush.job());
        return FlushInfos.completed(flush.job(), task, flush.result(), verified, nanos);
    }

    /** Its table was in no edit, so nothing can come to need it. */
    private void refuse(PreparedFlush flush) {
        if (flush.verified() != null) {
            String table = FileNames.table(flush.job().fileNumber());
            try {
                storage.delete(table);
            } catch (IOException e) {
                LOGGER.debug("{} is not needed, but can't be deleted", table, e);
            }
        }
        deleteJobDirectory(flush.job());
        flush.outcome().refused(logs.failure());
    }

    private static StoreException dropped(FlushTask task) {
        return new StoreException(
                Kind.NOT_FOUND,
                "flush.dropped",
                "column family \"" + task.columnFamily.name() + "\" was dropped meanwhile");
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
