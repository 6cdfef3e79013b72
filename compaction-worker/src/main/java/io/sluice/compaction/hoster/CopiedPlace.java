// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactionAttempt;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.compaction.CompactionProgress;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.compaction.InputLevel;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of one job in storage that the store and its workers share, where the store itself lies elsewhere: the inputs
 * are copied there, the outputs copied back.
 */
final class CopiedPlace implements JobPlace {
    private static final Logger LOG = LoggerFactory.getLogger(CopiedPlace.class);

    private final Storage store;
    private final CompactionJob original;
    private final CopyArea area;
    private final Executor copiers;
    private final Ending ending;
    private final Storage storage;
    private final CompactionJob job;

    private CopiedPlace(
            Storage store, CompactionJob original, CopyArea area, Executor copiers, Ending ending, Storage storage) {
        this.store = store;
        this.original = original;
        this.area = area;
        this.copiers = copiers;
        this.ending = ending;
        this.storage = storage;
        this.job = new CompactionJob(
                original.id(),
                original.columnFamilyName(),
                original.compaction(),
                original.snapshots(),
                original.epochNumber(),
                original.tableOptions(),
                original.filterFactory(),
                original.filterState(),
                original.identity(),
                storage.uri(),
                original.ownerDirectory());
    }

    /**
     * Makes the directory and copies the inputs, several at a time.
     *
     * @param store where they are
     * @param copiers runs the copies
     */
    static CopiedPlace open(Storage store, CompactionJob job, CopyArea area, Executor copiers, Ending ending)
            throws IOException {
        CopiedPlace place = new CopiedPlace(store, job, area, copiers, ending, area.create(job));
        try {
            place.copyInputs();
            return place;
        } catch (IOException | RuntimeException | Error e) {
            place.close();
            throw e;
        }
    }

    private void copyInputs() throws IOException {
        storage.createDirectory(job.ownerDirectory());
        List<Callable<Void>> copies = new ArrayList<>();
        for (InputLevel input : job.compaction().inputs()) {
            for (FileMetadata file : input.files()) {
                copies.add(() -> {
                    copyInput(file);
                    return null;
                });
            }
        }
        runAll(copies);
    }

    private void copyInput(FileMetadata file) throws IOException {
        String name = FileNames.table(file.number());
        FileCopy.Copied copied = FileCopy.copy(store, name, storage, name, ending);
        if (copied.length() != file.size()) {
            throw StoreException.corruption(
                    "compaction.input.size",
                    name + " has " + copied.length() + " bytes, the manifest says " + file.size()
                            + ": restore the file");
        }
        if (file.crc32c().isPresent() && file.crc32c().getAsLong() != copied.crc32c()) {
            throw StoreException.corruption(
                    "compaction.remote.copy",
                    name + ": CRC32C: expected " + file.crc32c().getAsLong() + ", found " + copied.crc32c());
        }
    }

    @Override
    public Storage storage() {
        return storage;
    }

    @Override
    public CompactionJob job() {
        return job;
    }

    @Override
    public CompactionResult fetch(CompactionResult made) throws IOException {
        int attempt = CompactionAttempt.createDirectory(store, original);
        String directory = original.attemptDirectory(attempt);
        List<CompactionResult.Output> outputs = new ArrayList<>();
        List<Callable<Void>> copies = new ArrayList<>();
        for (CompactionResult.Output output : made.outputs()) {
            String path = directory + "/" + FileNames.table(output.file().number());
            outputs.add(new CompactionResult.Output(
                    path, output.file(), output.crc32c(), output.entries(), output.builder()));
            copies.add(() -> {
                copyOutput(output, path);
                return null;
            });
        }
        runAll(copies);
        store.syncDirectory(directory);
        return new CompactionResult(
                made.id(),
                attempt,
                outputs,
                made.inputEntries(),
                made.filterReports(),
                made.builder(),
                made.statistics());
    }

    private void copyOutput(CompactionResult.Output output, String path) throws IOException {
        FileCopy.Copied copied = FileCopy.copy(storage, output.path(), store, path, ending);
        if (copied.length() != output.file().size() || copied.crc32c() != output.crc32c()) {
            throw StoreException.corruption(
                    "compaction.remote.copy",
                    output.path() + ": expected " + output.file().size() + " bytes with CRC32C " + output.crc32c()
                            + ", found " + copied.length() + " with " + copied.crc32c());
        }
    }

    /** None: the files are not in the store. */
    @Override
    public CompactionProgress usableHere(CompactionProgress progress) {
        return CompactionProgress.NONE;
    }

    @Override
    public void close() {
        try {
            storage.close();
        } catch (IOException e) {
            LOG.debug("the copies of {} can't be closed", job.id(), e);
        }
        area.delete(job);
    }

    /** Returns, or throws the first failure, when none runs any more. */
    private void runAll(List<Callable<Void>> copies) throws IOException {
        List<FutureTask<Void>> tasks = copies.stream().map(FutureTask::new).toList();
        tasks.forEach(copiers::execute);
        Throwable failure = null;
        for (FutureTask<Void> task : tasks) {
            Throwable of = await(task);
            failure = failure == null ? of : failure;
        }
        if (failure instanceof IOException e) {
            throw e;
        }
        if (failure != null) {
            throw new StoreException(
                    Kind.IO,
                    "compaction.remote.copy",
                    "compaction " + job.id() + ": a copy failed: " + failure,
                    failure);
        }
    }

    private static @Nullable Throwable await(FutureTask<Void> task) {
        boolean interrupted = false;
        try {
            for (; ; ) {
                try {
                    var unused = task.get();
                    return null;
                } catch (InterruptedException e) {
                    interrupted = true; // the ending stops the copies
                }
            }
        } catch (ExecutionException e) {
            return e.getCause();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
