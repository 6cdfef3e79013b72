// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.CompactRangeSettings;
import io.sluice.store.iterator.UserIterator;
import io.sluice.store.manifest.VersionSet;
import io.sluice.store.memory.MemoryPool;
import io.sluice.store.sst.BlockReads;
import io.sluice.store.storage.Storage;
import io.sluice.store.write.Batch;
import io.sluice.store.write.Durability;
import io.sluice.store.write.Sequencer;
import io.sluice.store.write.StallCause;
import io.sluice.store.write.WriteRate;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open store: holds the parts together, and is what the public API calls. {@link Opening} makes it. Safe for concurrent
 * use.
 */
public final class Database implements AutoCloseable {
    /** Stands for the sequence number of a read that sees all that was written before it. */
    public static final long NEWEST = -1;

    private static final Logger LOGGER = LoggerFactory.getLogger(Database.class);

    /** Iterators that hold all memory longer than this fail the writes that wait for it: they may be the waiting thread's. */
    private static final Duration HELD_MEMORY_LIMIT = Duration.ofSeconds(30);

    private final EngineSettings settings;
    private final StoreIdentity identity;
    private final MemoryPool pool;
    private final FlushRouter router;
    private final WriteRate rate;
    private final EngineStatistics statistics;
    private final Health health = new Health();
    private final ColumnFamilies families = new ColumnFamilies();
    private final Listeners listeners;
    private final MemoryWait memory;
    private final TableCache tables;
    private final Holders holders;
    private final WriteLog log;
    private final FlushScheduler flushes;
    private final CompactionCounters counters = new CompactionCounters();
    private final WriteController controller;
    private final CompactionScheduler compactionScheduler;
    private final Compactions compactions;
    private final StoreOptions options;
    private final ExplicitFlush explicit;
    private final LogKeeper logs;
    private final WritePath writes;
    private final SingleWrites singles;
    private final ReadPath reads;
    private final Snapshots snapshots;
    private final DatabaseProperties properties;
    private final FamilyDefinitions definitions;
    private final Shutdown shutdown;

    /** Puts the parts of an opened store together; it owns them once it has begun. */
    Database(Opening.Parts parts) throws IOException {
        Storage storage = parts.storage();
        EngineEnvironment environment = parts.environment();
        this.settings = parts.settings();
        this.identity = parts.identity();
        VersionSet versions = parts.versions();
        this.pool = parts.pool();
        this.statistics = parts.statistics();
        this.router = new FlushRouter(parts.local(), parts.remote(), settings.remoteFlush());
        this.rate = new WriteRate(
                settings.delayedWriteRate(), environment.nanoClock().getAsLong());
        this.listeners = new Listeners(settings.listeners(), environment.events());
        this.memory = new MemoryWait(
                pool,
                health,
                this::hasNothingToFlush,
                HELD_MEMORY_LIMIT,
                environment.nanoClock(),
                stalled -> listeners.tell(
                        listener -> listener.onStallConditionsChanged("", StallCause.MEMORY_LIMIT, stalled)));
        this.tables = parts.tables();
        this.holders = new Holders(() -> releaseLast(parts.ownPool()));
        Sequencer sequencer = new Sequencer(versions.lastSequence());
        this.log = new WriteLog(
                storage,
                identity.epoch(),
                versions::newFileNumber,
                sequencer,
                settings,
                statistics.tickers(),
                environment.logs(),
                new LogOwner());
        LogRetention retention = new LogRetention(families, log, versions);
        this.controller = new WriteController(rate, environment.nanoClock());
        FileWeights weights = new FileWeights();
        TablePurge purge = new TablePurge(storage, versions, tables, weights, environment.purge());
        FamilyHost host = new FamilyHost(environment, pool, tables, health, listeners, holders, controller, purge, log);
        this.snapshots = new Snapshots(sequencer::visible);
        FlushInstaller installer = new FlushInstaller(
                storage,
                identity.epoch(),
                versions,
                retention,
                new HeldFlushes(families),
                statistics,
                counters,
                weights,
                environment.nanoClock());
        SchedulerThread scheduler = new SchedulerThread(environment.scheduler());
        this.flushes = new FlushScheduler(
                environment,
                scheduler,
                settings,
                identity,
                versions,
                snapshots,
                router,
                installer,
                health,
                listeners,
                statistics,
                holders,
                new FlushOwner());
        this.explicit = new ExplicitFlush(families, flushes, health, environment.nanoClock());
        this.options = new StoreOptions(
                storage,
                identity.epoch(),
                versions::newFileNumber,
                families,
                router,
                controller,
                parts.limiter(),
                settings);
        this.compactionScheduler = new CompactionScheduler(
                scheduler,
                environment.installer(),
                settings,
                new CompactionJobs(environment, settings, identity, versions, weights, snapshots),
                Objects.requireNonNullElse(parts.remoteCompactor(), parts.compactor()),
                new CompactionInstaller(
                        storage, identity.epoch(), versions, weights, counters, environment.nanoClock()),
                families,
                health,
                listeners,
                counters,
                holders,
                purge,
                options::maxBackgroundCompactions,
                this::wakeAll);
        this.compactions = new Compactions(versions, environment, settings, compactionScheduler, flushes, explicit);
        this.logs = new LogKeeper(
                log, retention, families, flushes, explicit, health, listeners, environment, settings, this::wakeAll);
        MemtableTimer timer = new MemtableTimer(scheduler, flushes::schedule);
        this.writes = new WritePath(
                families,
                sequencer,
                log,
                pool,
                memory,
                rate,
                health,
                statistics,
                environment.nanoClock(),
                flushes::schedule,
                timer,
                new MemoryRelief(scheduler, families, flushes)::request);
        this.singles = new SingleWrites(families, writes);
        this.reads = new ReadPath(sequencer, tables, statistics);
        this.properties = new DatabaseProperties(families, tables, health, statistics, counters, rate, snapshots);
        this.definitions = new FamilyDefinitions(
                versions, families, options, log, logs, timer, flushes, compactionScheduler, purge, health, host);
        this.shutdown = new Shutdown(parts, flushes, compactionScheduler, log);
    }

    /** Takes in the column families that the store was opened with. Called once, before all else. */
    void begin(Map<Integer, ColumnFamilySettings> columnFamilies) throws StoreException {
        definitions.begin(columnFamilies);
        families.all().forEach(compactionScheduler::schedule);
    }

    /** The column family with id 0. */
    public ColumnFamily defaultColumnFamily() {
        return families.all().get(0);
    }

    /** All column families, by id. */
    public List<ColumnFamily> columnFamilies() {
        return families.all();
    }

    /** The store's IDENTITY. */
    public String identity() {
        return identity.dbId();
    }

    /** The store's counters. */
    public EngineStatistics statistics() {
        return statistics;
    }

    /** Creates, changes and drops column families. */
    public FamilyDefinitions definitions() {
        return definitions;
    }

    /** Writes of one entry each. */
    public SingleWrites singleWrites() {
        return singles;
    }

    /** Holds what can be seen now, until {@link #releaseSnapshot}; the sequence number. */
    public long acquireSnapshot() throws StoreException {
        health.checkOpen();
        return snapshots.acquire();
    }

    /** Lets go of a number that {@link #acquireSnapshot} returned. */
    public void releaseSnapshot(long sequence) {
        snapshots.release(sequence);
    }

    /** Writes a batch. */
    public void write(Batch batch, Durability durability, boolean noSlowdown) throws StoreException {
        writes.write(batch, durability, noSlowdown);
    }

    /** Hands the log to the operating system, or makes it durable too. */
    public void flushLog(boolean sync) throws StoreException {
        health.checkOpen();
        log.flush(sync);
    }

    /** The value of a key at a sequence number or {@link #NEWEST}, or null. */
    public byte @Nullable [] get(ColumnFamily family, long sequence, BlockReads how, byte[] key) throws IOException {
        check(family);
        return reads.get(family, sequence, how, key);
    }

    /** The values of keys at a sequence number or {@link #NEWEST}, null for those that are not there. */
    public List<byte @Nullable []> multiGet(ColumnFamily family, long sequence, BlockReads how, List<byte[]> keys)
            throws IOException {
        check(family);
        return reads.multiGet(family, sequence, how, keys);
    }

    /** Copies the value of a key at a sequence number or {@link #NEWEST}; returns its length or -1. */
    public int get(ColumnFamily family, long sequence, BlockReads how, ByteBuffer key, ByteBuffer value)
            throws IOException {
        check(family);
        return reads.get(family, sequence, how, key, value);
    }

    /** An iterator over a column family. */
    public UserIterator newIterator(ColumnFamily family, ReadSettings how) throws IOException {
        check(family);
        return reads.newIterator(family, how);
    }

    /**
     * Flushes column families.
     *
     * @param nanos the longest wait; {@link Long#MAX_VALUE} for no bound
     */
    public void flush(List<ColumnFamily> chosen, boolean wait, long nanos) throws StoreException {
        explicit.run(chosen, wait, nanos);
    }

    /** Changes options of the store; all or none. */
    public void setDBOptions(Map<String, String> changes) throws StoreException {
        health.checkOpen();
        options.change(changes);
        options.write();
        families.all().forEach(compactionScheduler::schedule);
    }

    /** Compacts a range of user keys, the last one inclusive; null for no bound. */
    public void compactRange(
            ColumnFamily family, byte @Nullable [] begin, byte @Nullable [] end, CompactRangeSettings options)
            throws IOException {
        check(family);
        compactions.compactRange(family, begin, end, options);
    }

    /** Compacts files, by name; returns the names of those made. */
    public List<String> compactFiles(ColumnFamily family, Set<String> names, int outputLevel, int maxSubcompactions)
            throws IOException {
        check(family);
        return compactions.compactFiles(family, names, outputLevel, maxSubcompactions);
    }

    /**
     * Waits until nothing is flushed or compacted, or due.
     *
     * @param nanos the longest wait; {@link Long#MAX_VALUE} for no bound
     */
    public void waitForCompact(boolean flush, boolean abortOnPause, long nanos) throws IOException {
        health.checkOpen();
        compactions.waitForCompact(flush, abortOnPause, nanos);
    }

    /** Lets no flush and no compaction begin, and waits until none runs. */
    public void pauseBackgroundWork() throws IOException {
        health.checkOpen();
        compactions.pause();
    }

    /** Ends one {@link #pauseBackgroundWork}. */
    public void continueBackgroundWork() throws StoreException {
        health.checkOpen();
        compactions.unpause();
    }

    /** A text that tells of a column family, by RocksDB's name. */
    public String property(ColumnFamily family, String name) throws StoreException {
        check(family);
        return properties.text(family, name);
    }

    /** What flushes and compactions did. */
    public CompactionCounters compactionCounters() {
        return counters;
    }

    /** A number that tells of a column family, by RocksDB's name. */
    public long longProperty(ColumnFamily family, String name) throws StoreException {
        check(family);
        return properties.number(family, name);
    }

    /** The properties of each SST of a column family, by file name. */
    public Map<String, Map<String, String>> propertiesOfAllTables(ColumnFamily family) throws IOException {
        check(family);
        return properties.ofAllTables(family);
    }

    /** Lets writes and flushes begin again. */
    public void resume() throws IOException {
        health.checkOpen();
        health.heal();
        flushes.resume();
        families.all().forEach(flushes::schedule);
        logs.restart();
        compactionScheduler.resume();
    }

    /** Closes the store; see the public API. */
    @Override
    public void close() throws IOException {
        if (!health.close()) {
            return;
        }
        compactionScheduler.close();
        flushes.endPauses();
        wakeAll();
        boolean interrupted = Thread.interrupted(); // before: else nothing would be flushed
        shutdown.awaitWriters(
                families.all().stream().map(ColumnFamily::endWrites).toList());
        IOException unflushed = settings.avoidFlushDuringShutdown()
                ? null
                : explicit.runAtShutdown(settings.shutdownTimeout().toNanos());
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        try {
            shutdown.run(settings.avoidFlushDuringShutdown() || unflushed != null);
        } catch (IOException e) {
            if (unflushed != null && shutdown.hangs()) {
                e.addSuppressed(unflushed); // its consequence, perhaps
            }
            unflushed = unflushed == null || shutdown.hangs() ? e : unflushed;
        } finally {
            families.all().forEach(ColumnFamily::close);
            holders.exit();
        }
        if (unflushed != null) {
            throw unflushed;
        }
    }

    /** Gives back what is its own where {@link #begin} failed. */
    void abandon() throws IOException {
        families.all().forEach(ColumnFamily::close);
        log.close(false);
    }

    private void check(ColumnFamily family) throws StoreException {
        health.checkOpen();
        families.check(family);
    }

    private boolean hasNothingToFlush() {
        return families.all().stream()
                .allMatch(family ->
                        family.flushes().size() == 0 && family.active().memoryUsed() == 0);
    }

    private void wakeAll() {
        families.all().forEach(ColumnFamily::wake);
        memory.wake();
        log.wake();
    }

    /** When nobody uses the store any more, iterators included. */
    private void releaseLast(@Nullable MemoryPool ownPool) {
        tables.close();
        if (ownPool != null) {
            try {
                ownPool.close();
            } catch (IllegalStateException e) {
                LOGGER.warn("a flush that hangs keeps memory of the closed store", e);
            }
        }
    }

    /** Hands on what the log tells: it is there before its keeper, who tells nothing yet then. */
    private final class LogOwner implements WriteLog.Listener {
        @Override
        public void onFailure(StoreException cause) {
            logs.onFailure(cause);
        }

        @Override
        public void onOverLimit() {
            logs.onOverLimit();
        }

        @Override
        public void onRetired() {
            logs.onRetired();
        }
    }

    private final class FlushOwner implements FlushScheduler.Owner {
        @Override
        public void writesStopped() {
            wakeAll();
        }

        @Override
        public void writesResumed() {
            families.all().forEach(flushes::schedule);
        }

        @Override
        public void flushEnded(ColumnFamily family) {
            compactionScheduler.schedule(family);
        }
    }
}
