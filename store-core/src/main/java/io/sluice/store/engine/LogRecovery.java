// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.base.ValueType;
import io.sluice.store.flush.FlushExecutor;
import io.sluice.store.flush.FlushJob;
import io.sluice.store.flush.FlushResult;
import io.sluice.store.flush.FlushVerifier;
import io.sluice.store.flush.JobId;
import io.sluice.store.job.TableVerifier;
import io.sluice.store.manifest.ColumnFamilyInfo;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.manifest.VersionEdit;
import io.sluice.store.manifest.VersionSet;
import io.sluice.store.memory.MemoryPool;
import io.sluice.store.memtable.Memtable;
import io.sluice.store.memtable.SealedMemtable;
import io.sluice.store.sst.TableIdentity;
import io.sluice.store.storage.Storage;
import io.sluice.store.write.LoggedBatch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what the logs hold into tables, while a store is opened: entries go into memtables, full ones into L0 files on
 * this machine, and all at the end. One edit then says that the files are there and the logs are needed no more; a crash
 * before it leaves the logs, and files that nothing names. Used once, by one thread.
 */
final class LogRecovery {
    private static final Logger LOGGER = LoggerFactory.getLogger(LogRecovery.class);

    private final EngineSettings settings;
    private final EngineEnvironment environment;
    private final Storage storage;
    private final StoreIdentity identity;
    private final VersionSet versions;
    private final MemoryPool pool;
    private final FlushExecutor executor;
    private final FlushVerifier verifier;
    private final Map<Integer, Family> families = new TreeMap<>();
    private long entries;

    /** A column family, its files to come, and the memtable being filled. */
    private static final class Family {
        final ColumnFamilyInfo info;
        final ColumnFamilySettings settings;
        final VersionEdit edit;

        @Nullable
        Memtable memtable;

        long memtables;

        Family(ColumnFamilyInfo info, ColumnFamilySettings settings) {
            this.info = info;
            this.settings = settings;
            this.edit = new VersionEdit(info.id());
        }
    }

    LogRecovery(
            EngineSettings settings,
            EngineEnvironment environment,
            Storage storage,
            StoreIdentity identity,
            VersionSet versions,
            MemoryPool pool,
            FlushExecutor executor,
            Map<Integer, ColumnFamilySettings> columnFamilies) {
        this.settings = settings;
        this.environment = environment;
        this.storage = storage;
        this.identity = identity;
        this.versions = versions;
        this.pool = pool;
        this.executor = executor;
        this.verifier = new FlushVerifier(storage);
        versions.columnFamilies()
                .forEach((id, info) -> families.put(id, new Family(info, settingsOf(columnFamilies, id))));
    }

    private static ColumnFamilySettings settingsOf(Map<Integer, ColumnFamilySettings> all, int id) {
        ColumnFamilySettings found = all.get(id);
        if (found == null) {
            throw new IllegalArgumentException("column family " + id + " has no options");
        }
        return found;
    }

    /** Recovers. Where it fails nothing has changed. */
    void run() throws IOException {
        long needed = versions.oldestLogNeeded();
        List<Long> numbers = logs(needed);
        if (numbers.isEmpty()) {
            return;
        }
        LogReplay replay = new LogReplay(storage, settings.walRecoveryMode(), this::apply);
        try {
            replay.run(numbers, needed);
            refuseInconsistent(replay.stoppedAt());
            for (Family family : families.values()) {
                flush(family);
            }
            finish(numbers.get(numbers.size() - 1), replay.lastSequence());
        } finally {
            families.values().forEach(LogRecovery::release);
        }
        LOGGER.info("{}: {} entries recovered from {} logs", storage.uri(), entries, numbers.size());
    }

    private List<Long> logs(long needed) throws IOException {
        List<Long> numbers = new ArrayList<>();
        for (String name : storage.list("")) {
            FileNames.Parsed parsed = FileNames.parse(name);
            if (parsed.type() == FileNames.Type.WAL && parsed.number() >= needed) {
                numbers.add(parsed.number());
            }
        }
        Collections.sort(numbers);
        return numbers;
    }

    private void apply(long logNumber, LoggedBatch batch) throws IOException {
        while (batch.next()) {
            Family family = families.get(batch.columnFamily());
            if (family != null && family.info.logNumber() <= logNumber) { // else dropped, or in its files already
                add(family, batch);
                entries++;
            }
        }
    }

    private void add(Family family, LoggedBatch batch) throws IOException {
        if (batch.type() == ValueType.RANGE_DELETION && isEmptyRange(family, batch)) {
            return;
        }
        int node = allocate(family, batch);
        if (node == Memtable.NEEDS_MEMORY) {
            flushLargest();
            node = allocate(family, batch);
        }
        if (node == Memtable.NEEDS_MEMORY) {
            throw new StoreException(
                    Kind.BUSY,
                    "store.recovery.memory",
                    storage.uri() + ": the memory pool has no room for an entry of the log: " + pool.inUse() + " of "
                            + pool.capacity() + " bytes are in use by others; make it larger, or open the store again");
        }
        Memtable memtable = memtable(family);
        memtable.link(node, batch.entrySequence());
        if (memtable.memoryUsed() >= family.settings.writeBufferSize()) {
            flush(family);
        }
    }

    /** As RocksDB does: it refuses them when they are written into memtables, not always when they are logged. */
    private static boolean isEmptyRange(Family family, LoggedBatch batch) {
        return family.info
                        .version()
                        .comparator()
                        .compare(
                                batch.buffer(),
                                batch.keyOffset(),
                                batch.keyLength(),
                                batch.buffer(),
                                batch.valueOffset(),
                                batch.valueLength())
                >= 0;
    }

    private int allocate(Family family, LoggedBatch batch) throws StoreException {
        return memtable(family)
                .allocate(
                        batch.type(),
                        batch.buffer(),
                        batch.keyOffset(),
                        batch.keyLength(),
                        batch.buffer(),
                        batch.valueOffset(),
                        batch.valueLength());
    }

    private Memtable memtable(Family family) {
        Memtable memtable = family.memtable;
        if (memtable == null) {
            memtable = new Memtable(
                    ++family.memtables,
                    family.info.version().comparator(),
                    pool,
                    environment.clock(),
                    environment.random().nextLong());
            if (!memtable.tryEnter()) {
                throw new IllegalStateException("a new memtable is sealed");
            }
            family.memtable = memtable;
        }
        return memtable;
    }

    private void flushLargest() throws IOException {
        Family largest = null;
        for (Family family : families.values()) {
            if (family.memtable != null && (largest == null || used(family) > used(largest))) {
                largest = family;
            }
        }
        if (largest != null) {
            flush(largest);
        }
    }

    private static long used(Family family) {
        Memtable memtable = family.memtable;
        return memtable == null ? 0 : memtable.memoryUsed();
    }

    private void flush(Family family) throws IOException {
        Memtable memtable = family.memtable;
        if (memtable == null) {
            return;
        }
        family.memtable = null;
        memtable.exit();
        try {
            if (!memtable.isEmpty()) {
                SealedMemtable sealed = memtable.seal();
                install(family, newJob(family, memtable, sealed));
            }
        } finally {
            memtable.release();
        }
    }

    private void install(Family family, FlushJob job) throws IOException {
        TableVerifier.@Nullable Verified verified =
                verifier.verify(job, await(job), family.settings.paranoidFileChecks());
        try {
            if (verified != null) { // else nothing is left of the entries
                storage.rename(verified.path(), FileNames.table(job.fileNumber()));
                storage.syncDirectory("");
                family.edit.addFile(0, verified.file());
            }
            storage.deleteRecursively(job.ownerDirectory() + "/" + job.id().directory());
        } catch (IOException e) {
            throw identity.epoch().fencedOr(e);
        }
    }

    private FlushResult await(FlushJob job) throws IOException {
        try {
            return Futures.join(executor.start(job).result(), "the flush of recovered entries");
        } catch (IOException e) {
            throw identity.epoch().fencedOr(e);
        }
    }

    private FlushJob newJob(Family family, Memtable memtable, SealedMemtable sealed) throws StoreException {
        long fileNumber = versions.newFileNumber();
        TableIdentity table = new TableIdentity(
                family.info.id(),
                family.info.name(),
                identity.dbId(),
                identity.sessionId(),
                environment.hostId(),
                "",
                fileNumber,
                memtable.creationTime(),
                memtable.creationTime(),
                environment.clock().instant().getEpochSecond());
        return new FlushJob(
                new JobId(identity.dbId(), identity.epoch().number(), family.info.id(), memtable.id()),
                family.info.name(),
                List.of(sealed),
                List.of(),
                fileNumber,
                versions.newEpochNumber(family.info.id()),
                family.settings.tableOptions(),
                table,
                identity.storageUri(),
                identity.epoch().directory());
    }

    /** Recovery that stopped in a log must not stand beside tables with what came later. */
    private void refuseInconsistent(long stoppedAt) throws StoreException {
        for (Family family : families.values()) {
            if (family.info.logNumber() > stoppedAt && family.info.version().fileCount() > 0) {
                throw StoreException.corruption(
                        "store.recovery.inconsistent",
                        storage.uri() + ": recovery stopped at damage in " + FileNames.wal(stoppedAt)
                                + ", but column family \"" + family.info.name()
                                + "\" has tables with what came later; restore the log, or open with"
                                + " wal_recovery_mode=SKIP_ANY_CORRUPTED_RECORDS");
            }
        }
    }

    private void finish(long newestLog, long lastSequence) throws IOException {
        List<VersionEdit> edits = new ArrayList<>();
        for (Family family : families.values()) {
            edits.add(family.edit.logNumber(newestLog + 1));
        }
        edits.get(0)
                .lastSequence(Math.max(lastSequence, versions.lastSequence()))
                .minLogNumberToKeep(newestLog + 1);
        versions.logAndApply(edits);
    }

    private static void release(Family family) {
        Memtable memtable = family.memtable;
        if (memtable != null) {
            family.memtable = null;
            memtable.exit();
            memtable.release();
        }
    }
}
