// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.Slice;
import io.sluice.store.base.StatefulCompactionFilterFactory;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.Compaction;
import io.sluice.store.compaction.CompactionInfo;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.compaction.CompactionVerifier;
import io.sluice.store.compaction.InputLevel;
import io.sluice.store.job.TableVerifier;
import io.sluice.store.manifest.Epoch;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.manifest.Version;
import io.sluice.store.manifest.VersionEdit;
import io.sluice.store.manifest.VersionSet;
import io.sluice.store.storage.FileMove;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a compaction's result part of the store: verify, rename into place, log one version edit that takes the inputs
 * out and the outputs in, show the new version; in this order. On the installer's thread only.
 */
final class CompactionInstaller {
    private static final Logger LOGGER = LoggerFactory.getLogger(CompactionInstaller.class);

    private final Storage storage;
    private final Epoch epoch;
    private final VersionSet versions;
    private final CompactionVerifier verifier;
    private final FileWeights weights;
    private final CompactionCounters statistics;
    private final LongSupplier nanoClock;

    CompactionInstaller(
            Storage storage,
            Epoch epoch,
            VersionSet versions,
            FileWeights weights,
            CompactionCounters statistics,
            LongSupplier nanoClock) {
        this.storage = storage;
        this.epoch = epoch;
        this.versions = versions;
        this.verifier = new CompactionVerifier(storage);
        this.weights = weights;
        this.statistics = statistics;
        this.nanoClock = nanoClock;
    }

    /** Installs a result. Where it throws, the inputs are still the store's. */
    CompactionInfo install(CompactionTask task, CompactionJob job, CompactionResult result) throws IOException {
        ColumnFamily family = task.columnFamily;
        try {
            checkWanted(task);
            List<TableVerifier.Verified> verified =
                    verifier.verify(job, result, family.settings().paranoidFileChecks());
            List<FileMetadata> outputs = new ArrayList<>();
            for (TableVerifier.Verified output : verified) {
                outputs.add(output.file().withNumber(versions.newFileNumber()));
            }
            place(result, verified, outputs);
            apply(task, outputs);
            for (int i = 0; i < outputs.size(); i++) {
                weights.put(outputs.get(i), verified.get(i).properties());
            }
            long nanos = nanoClock.getAsLong() - task.startNanos;
            statistics.compacted(family.id(), task.compaction, result, nanos);
            report(job, result);
            return CompactionInfos.completed(task, result, outputs, nanos);
        } finally {
            deleteJobDirectory(job);
        }
    }

    /** Hands what filters found back to their factory: the compaction is installed, whatever that does. */
    private static void report(CompactionJob job, CompactionResult result) {
        if (!(job.filterFactory() instanceof StatefulCompactionFilterFactory factory)) {
            return;
        }
        for (Slice report : result.filterReports()) {
            try {
                factory.accept(report.toByteArray());
            } catch (RuntimeException e) {
                LOGGER.error("{} failed on what its filters found in compaction {}", factory.name(), job.id(), e);
            }
        }
    }

    /** Moves the inputs to the output level as they are. */
    CompactionInfo move(CompactionTask task) throws IOException {
        checkWanted(task);
        List<FileMetadata> files = task.compaction.inputs().get(0).files();
        apply(task, files);
        statistics.moved(task.columnFamily.id(), task.compaction);
        return CompactionInfos.completed(task, null, files, nanoClock.getAsLong() - task.startNanos);
    }

    private static void checkWanted(CompactionTask task) throws StoreException {
        ColumnFamily family = task.columnFamily;
        if (family.isDropped()) {
            throw new StoreException(
                    Kind.NOT_FOUND,
                    "compaction.dropped",
                    "column family \"" + family.name() + "\" was dropped meanwhile");
        }
    }

    private void place(CompactionResult result, List<TableVerifier.Verified> verified, List<FileMetadata> outputs)
            throws IOException {
        int placed = 0;
        try {
            for (; placed < outputs.size(); placed++) {
                String name = FileNames.table(outputs.get(placed).number());
                FileMove.move(
                        storage,
                        verified.get(placed).path(),
                        name,
                        epoch.born(name), // so that a deposed owner's copy never gets out
                        result.outputs().get(placed).crc32c());
            }
            if (!outputs.isEmpty()) {
                storage.syncDirectory("");
            }
        } catch (IOException e) {
            takeBack(outputs.subList(0, placed)); // others of these names may be a newer owner's
            throw epoch.fencedOr(e);
        }
    }

    private void apply(CompactionTask task, List<FileMetadata> outputs) throws IOException {
        Compaction compaction = task.compaction;
        ColumnFamily family = task.columnFamily;
        VersionEdit edit = new VersionEdit(family.id());
        for (InputLevel input : compaction.inputs()) {
            input.files().forEach(file -> edit.deleteFile(input.level(), file.number()));
        }
        outputs.forEach(file -> edit.addFile(compaction.outputLevel(), file));
        try {
            versions.logAndApply(edit);
        } catch (IOException e) {
            if (!compaction.trivialMove() && !versions.isUncertain()) {
                takeBack(outputs);
            }
            throw e;
        }
        Version version = versions.retainVersion(family.id());
        try {
            family.showFiles(version);
        } finally {
            version.release();
        }
    }

    /** Files that are in no manifest. Best effort: the next opening deletes what is left. */
    private void takeBack(List<FileMetadata> outputs) {
        for (FileMetadata file : outputs) {
            try {
                storage.delete(FileNames.table(file.number()));
            } catch (IOException e) {
                LOGGER.debug("the output {} of a failed compaction can't be deleted", file.number(), e);
            }
        }
    }

    /** What attempts left. Best effort: the next opening deletes the epoch's whole directory. */
    void deleteJobDirectory(CompactionJob job) {
        try {
            storage.deleteRecursively(job.jobDirectory());
        } catch (IOException busy) {
            LOGGER.debug("a late attempt at compaction {} still makes files", job.id(), busy);
            deleteRenamed(job);
        }
    }

    /** Under another name nobody makes files any more. */
    private void deleteRenamed(CompactionJob job) {
        String renamed = job.jobDirectory() + "-ended";
        try {
            storage.rename(job.jobDirectory(), renamed);
            storage.deleteRecursively(renamed);
        } catch (IOException e) {
            LOGGER.debug("what is left of compaction {} can't be deleted", job.id(), e);
        }
    }
}
