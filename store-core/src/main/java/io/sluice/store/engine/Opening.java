// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.Comparators;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactionContext;
import io.sluice.store.compaction.CompactionExecutor;
import io.sluice.store.compaction.CompactionExecutorFactory;
import io.sluice.store.compaction.LocalCompactionExecutor;
import io.sluice.store.flush.FlushContext;
import io.sluice.store.flush.FlushExecutor;
import io.sluice.store.flush.FlushExecutorFactory;
import io.sluice.store.flush.LocalFlushExecutor;
import io.sluice.store.manifest.ColumnFamilyInfo;
import io.sluice.store.manifest.Epoch;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.manifest.Identity;
import io.sluice.store.manifest.ManifestOptions;
import io.sluice.store.manifest.VersionSet;
import io.sluice.store.memory.DirectMemory;
import io.sluice.store.memory.MemoryPool;
import io.sluice.store.memory.SlabMemoryPool;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Opens a store: lock, epoch, manifest, column families, logs, in this order; then deletes what nothing needs. Where a step
 * fails, all before it is given back. Used once, by one thread.
 */
public final class Opening {
    /** The name of the column family that every store has. */
    private static final String DEFAULT_COLUMN_FAMILY = "default";
    /** Bytes of a chunk of a store's own pool. */
    private static final int CHUNK_LENGTH = 1 << 20;
    /** Bytes of a slab of it: the longest entry that it can hold. */
    private static final int SLAB_LENGTH = 16 << 20;

    private final EngineSettings settings;
    private final Storage storage;
    private final EngineEnvironment environment;
    private final Map<String, ColumnFamilySettings> columnFamilies;
    private final ColumnFamilySettings defaults;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    /**
     * What a store is made of.
     *
     * @param ownPool {@code pool} where it is the store's own, else null
     */
    record Parts(
            EngineSettings settings,
            EngineEnvironment environment,
            Storage storage,
            Storage.FileLock lock,
            StoreIdentity identity,
            VersionSet versions,
            EngineStatistics statistics,
            TableCache tables,
            MemoryPool pool,
            @Nullable MemoryPool ownPool,
            FlushExecutor local,
            @Nullable FlushExecutor remote,
            CompactionExecutor compactor,
            @Nullable CompactionExecutor remoteCompactor,
            RateLimiter limiter) {}

    /**
     * An opening.
     *
     * @param environment the store's from now on, also where opening fails
     * @param columnFamilies options of column families by name
     * @param defaults options of those that the store has and {@code columnFamilies} has not
     */
    public Opening(
            EngineSettings settings,
            Storage storage,
            EngineEnvironment environment,
            Map<String, ColumnFamilySettings> columnFamilies,
            ColumnFamilySettings defaults) {
        this.settings = settings;
        this.storage = storage;
        this.environment = environment;
        this.columnFamilies = columnFamilies;
        this.defaults = defaults;
    }

    /** Opens the store. */
    public Database run() throws IOException {
        opened.push(environment::close);
        try {
            return open();
        } catch (IOException | RuntimeException | Error e) {
            giveBack(e);
            throw e;
        }
    }

    private Database open() throws IOException {
        if (settings.createIfMissing()) {
            storage.createRoot();
        } else {
            checkExists(VersionSet.exists(storage));
        }
        Storage.FileLock lock = storage.lock(FileNames.LOCK);
        opened.push(lock);
        boolean exists = VersionSet.exists(storage);
        checkExists(exists || settings.createIfMissing());
        if (!exists) {
            checkHoldsNoData();
        }
        if (exists && settings.errorIfExists()) {
            throw StoreException.invalid(
                    "store.exists", storage.uri() + " holds a store already, and error_if_exists is set");
        }
        LogDirectory.check(storage);
        Epoch epoch = Epoch.take(storage);
        VersionSet versions = VersionSet.open(storage, epoch, manifestOptions());
        opened.push(versions);
        Map<Integer, ColumnFamilySettings> byId = resolveColumnFamilies(versions);
        EngineStatistics statistics = new EngineStatistics(settings.statistics());
        TableCache tables = new TableCache(storage, settings.maxOpenFiles(), statistics.tickers());
        opened.push(tables);
        new TableOpening(tables, EngineEnvironment::openers).run(versions, byId, settings.maxOpenFiles());
        StoreIdentity identity =
                new StoreIdentity(versions.dbId(), Identity.newSessionId(environment.random()), epoch, storage.uri());
        MemoryPool given = settings.memoryPool();
        MemoryPool own = given == null ? newPool() : null;
        RateLimiter limiter = new RateLimiter(settings.rateBytesPerSecond(), environment.nanoClock());
        LocalFlushExecutor local = new LocalFlushExecutor(
                storage, environment.flushes(), limiter, environment.nanoClock(), environment.hostId());
        opened.push(local);
        LocalCompactionExecutor compactor = new LocalCompactionExecutor(
                storage,
                environment.compactions(),
                environment.subcompactions(),
                limiter,
                environment.nanoClock(),
                environment.hostId());
        opened.push(compactor);
        MemoryPool pool = given == null ? own : given;
        if (pool == null) {
            throw new AssertionError("neither a given pool nor an own one");
        }
        new LogRecovery(settings, environment, storage, identity, versions, pool, local, byId).run();
        for (String name : versions.obsoleteFiles(Set.of())) {
            storage.delete(name);
        }
        FlushExecutor remote = openRemote(identity, local);
        CompactionExecutor remoteCompactor = openRemote(identity, compactor);
        Database database = new Database(new Parts(
                settings,
                environment,
                storage,
                lock,
                identity,
                versions,
                statistics,
                tables,
                pool,
                own,
                local,
                remote,
                compactor,
                remoteCompactor,
                limiter));
        opened.push(database::abandon);
        database.begin(byId);
        return database;
    }

    private ManifestOptions manifestOptions() {
        Map<String, KeyComparator> known = new HashMap<>(Comparators.BUILT_IN);
        for (ColumnFamilySettings options : columnFamilies.values()) {
            KeyComparator order = options.tableOptions().comparator();
            known.put(order.name(), order);
        }
        return new ManifestOptions(
                settings.createIfMissing(),
                columnFamilies
                        .getOrDefault(DEFAULT_COLUMN_FAMILY, defaults)
                        .tableOptions()
                        .comparator(),
                known::get,
                ManifestOptions.DEFAULT_MAX_MANIFEST_FILE_SIZE,
                environment.random());
    }

    /** The options of a column family that is there: those given for it, or the defaults in its own order of keys. */
    private ColumnFamilySettings settingsOf(ColumnFamilyInfo info) throws StoreException {
        ColumnFamilySettings given = columnFamilies.get(info.name());
        if (given == null) {
            return defaults.withComparator(info.version().comparator());
        }
        String order = given.tableOptions().comparator().name();
        if (!order.equals(info.comparatorName())) {
            throw StoreException.invalid(
                    "store.comparator",
                    storage.uri() + ": column family \"" + info.name() + "\" has the comparator "
                            + info.comparatorName() + ", the options say " + order
                            + ": open it with the one it was made with");
        }
        return given;
    }

    private Map<Integer, ColumnFamilySettings> resolveColumnFamilies(VersionSet versions) throws IOException {
        Set<String> missing = new HashSet<>(columnFamilies.keySet());
        versions.columnFamilies().values().forEach(info -> missing.remove(info.name()));
        if (!missing.isEmpty() && !settings.createMissingColumnFamilies()) {
            throw new StoreException(
                    Kind.NOT_FOUND,
                    "store.column-family.missing",
                    storage.uri() + " has no column families " + missing
                            + "; set create_missing_column_families to make them");
        }
        for (Map.Entry<String, ColumnFamilySettings> entry : columnFamilies.entrySet()) {
            if (missing.contains(entry.getKey())) {
                KeyComparator order = entry.getValue().tableOptions().comparator();
                versions.createColumnFamily(entry.getKey(), order, 0);
            }
        }
        Map<Integer, ColumnFamilySettings> byId = new TreeMap<>();
        for (ColumnFamilyInfo info : versions.columnFamilies().values()) {
            ColumnFamilySettings options = settingsOf(info);
            checkLevels(info, options);
            byId.put(info.id(), options);
        }
        return byId;
    }

    /** As RocksDB refuses it: nothing would ever be compacted from the levels below. */
    private static void checkLevels(ColumnFamilyInfo info, ColumnFamilySettings options) throws StoreException {
        for (int level = options.compaction().numLevels();
                level < info.version().levelCount();
                level++) {
            if (!info.version().files(level).isEmpty()) {
                throw StoreException.invalid(
                        "store.levels",
                        "column family \"" + info.name() + "\" has files on level " + level + ", but num_levels="
                                + options.compaction().numLevels() + ": open it with at least " + (level + 1));
            }
        }
    }

    private MemoryPool newPool() throws StoreException {
        long capacity = settings.dbWriteBufferSize();
        long limit = DirectMemory.limit();
        if (capacity > limit) {
            throw StoreException.invalid(
                    "store.memory.limit",
                    "db_write_buffer_size=" + capacity + ", but this JVM allows " + limit
                            + " bytes of direct memory: set it lower, or start the JVM with -XX:MaxDirectMemorySize="
                            + capacity + " or more (memtables and the buffers of files and network come from it)");
        }
        MemoryPool pool = new SlabMemoryPool(capacity, CHUNK_LENGTH, (int) Math.min(SLAB_LENGTH, capacity));
        opened.push(pool);
        return pool;
    }

    private @Nullable FlushExecutor openRemote(StoreIdentity identity, LocalFlushExecutor local) throws IOException {
        FlushExecutorFactory factory = settings.remoteFlushExecutor();
        if (factory == null) {
            return null;
        }
        FlushExecutor remote = factory.create(new FlushContext(
                identity.dbId(),
                identity.epoch().number(),
                storage,
                identity.epoch().directory(),
                local));
        opened.push(remote);
        return remote;
    }

    private @Nullable CompactionExecutor openRemote(StoreIdentity identity, LocalCompactionExecutor local)
            throws IOException {
        CompactionExecutorFactory factory = settings.remoteCompactionExecutor();
        if (factory == null) {
            return null;
        }
        CompactionExecutor remote = factory.create(new CompactionContext(
                identity.dbId(),
                identity.epoch().number(),
                storage,
                identity.epoch().directory(),
                local));
        opened.push(remote);
        return remote;
    }

    private void checkExists(boolean exists) throws StoreException {
        if (!exists) {
            throw new StoreException(
                    Kind.NOT_FOUND,
                    "store.missing",
                    storage.uri() + " holds no store; set create_if_missing to make one");
        }
    }

    /** Without CURRENT a store that lost it looks like none; a new one made there would delete its files. */
    private void checkHoldsNoData() throws IOException {
        for (String name : storage.list("")) {
            FileNames.Type type = FileNames.parse(name).type();
            if (type == FileNames.Type.TABLE || type == FileNames.Type.WAL) {
                throw StoreException.corruption(
                        "store.current.missing",
                        storage.uri() + " has " + name + " but no CURRENT, which names the store's manifest: restore"
                                + " CURRENT (the name of the newest MANIFEST and a line feed), or empty the directory");
            }
        }
    }

    private void giveBack(Throwable cause) {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception | Error e) {
                cause.addSuppressed(e);
            }
        }
    }
}
