// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.base.StoreException;
import io.sluice.store.engine.Database;
import io.sluice.store.engine.ReadSettings;
import io.sluice.store.engine.SingleWrites;
import io.sluice.store.storage.LocalStorage;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * An open store: an ordered map from keys to values in each of its column families. Safe for concurrent use. Whoever
 * opened it closes it; every call after that fails with {@code CLOSED}.
 *
 * <p>A write that returned is visible to every read that begins later, in every thread. What survives the process is
 * told at {@link WriteOptions} and {@link #flush}.
 */
public final class Store implements AutoCloseable {
    /** What {@link #get(ColumnFamilyHandle, ByteBuffer, ByteBuffer)} returns for a key that is not there. */
    public static final int NOT_FOUND = -1;

    private final Database database;
    private final SingleWrites singleWrites;
    private final @Nullable Storage ownStorage;
    private final ColumnFamilyHandle defaultColumnFamily;

    Store(Database database, @Nullable Storage ownStorage) {
        this.database = database;
        this.singleWrites = database.singleWrites();
        this.ownStorage = ownStorage;
        this.defaultColumnFamily = new ColumnFamilyHandle(database.defaultColumnFamily());
    }

    /** Opens the store in a local directory with all its column families, each with default options. */
    public static Store open(DBOptions options, Path directory) throws StoreException {
        return open(options, directory, List.of());
    }

    /** Opens the store in a local directory; see {@link #open(DBOptions, Storage, List)}. */
    public static Store open(DBOptions options, Path directory, List<ColumnFamilyDescriptor> columnFamilies)
            throws StoreException {
        LocalStorage storage = new LocalStorage(directory);
        return open(options, storage, columnFamilies, storage);
    }

    /**
     * Opens a store.
     *
     * @param storage its directory; stays the caller's, who closes it after the store
     * @param columnFamilies options of column families by name. Those that the store has beside them, the default one
     *     too, are opened with default options; those that it has not are created where {@code
     *     create_missing_column_families} says so, else they are an error
     */
    public static Store open(DBOptions options, Storage storage, List<ColumnFamilyDescriptor> columnFamilies)
            throws StoreException {
        return open(options, storage, columnFamilies, null);
    }

    /** The column family that every store has. */
    public ColumnFamilyHandle defaultColumnFamily() {
        return defaultColumnFamily;
    }

    /** All column families, by id. */
    public List<ColumnFamilyHandle> columnFamilies() {
        return database.columnFamilies().stream().map(ColumnFamilyHandle::new).toList();
    }

    /** The column family of that name, or null where there is none. */
    public @Nullable ColumnFamilyHandle columnFamily(String name) {
        return columnFamilies().stream()
                .filter(handle -> handle.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** Creates a column family, durably. */
    public ColumnFamilyHandle createColumnFamily(ColumnFamilyDescriptor descriptor) throws StoreException {
        return StoreCalls.call(() -> new ColumnFamilyHandle(
                database.definitions().create(descriptor.name(), StoreSettings.of(descriptor.options()))));
    }

    /** Drops a column family, durably, with all that is in it. */
    public void dropColumnFamily(ColumnFamilyHandle columnFamily) throws StoreException {
        StoreCalls.run(() -> database.definitions().drop(columnFamily.columnFamily()));
    }

    /** Sets a key of the default column family. */
    public void put(byte[] key, byte[] value) throws StoreException {
        put(defaultColumnFamily, WriteOptions.DEFAULT, key, value);
    }

    /** Sets a key. */
    public void put(ColumnFamilyHandle columnFamily, byte[] key, byte[] value) throws StoreException {
        put(columnFamily, WriteOptions.DEFAULT, key, value);
    }

    /**
     * Sets a key.
     *
     * @throws StoreException {@code INVALID_ARGUMENT} where key and value are larger than a memtable takes; {@code BUSY}
     *     where the write would wait and {@code no_slowdown} is set; a background error's kind while writes are stopped
     */
    public void put(ColumnFamilyHandle columnFamily, WriteOptions options, byte[] key, byte[] value)
            throws StoreException {
        singleWrites.put(columnFamily.columnFamily(), options.durability(), options.noSlowdown(), key, value);
    }

    /** Sets a key; takes the bytes between position and limit of each buffer, and moves the positions there. */
    public void put(ColumnFamilyHandle columnFamily, WriteOptions options, ByteBuffer key, ByteBuffer value)
            throws StoreException {
        singleWrites.put(columnFamily.columnFamily(), options.durability(), options.noSlowdown(), key, value);
    }

    /** Removes a key of the default column family; no error where it is not there. */
    public void delete(byte[] key) throws StoreException {
        delete(defaultColumnFamily, WriteOptions.DEFAULT, key);
    }

    /** Removes a key; no error where it is not there. */
    public void delete(ColumnFamilyHandle columnFamily, byte[] key) throws StoreException {
        delete(columnFamily, WriteOptions.DEFAULT, key);
    }

    /** Removes a key; no error where it is not there. */
    public void delete(ColumnFamilyHandle columnFamily, WriteOptions options, byte[] key) throws StoreException {
        singleWrites.delete(columnFamily.columnFamily(), options.durability(), options.noSlowdown(), key);
    }

    /** As {@link #singleDelete(ColumnFamilyHandle, WriteOptions, byte[])}, of the default column family. */
    public void singleDelete(byte[] key) throws StoreException {
        singleDelete(defaultColumnFamily, WriteOptions.DEFAULT, key);
    }

    /**
     * Removes a key that was put exactly once since it was last removed, and neither merged nor deleted otherwise: it and
     * its value vanish as soon as they meet. What a key shows that was written in another way is not defined.
     */
    public void singleDelete(ColumnFamilyHandle columnFamily, WriteOptions options, byte[] key) throws StoreException {
        singleWrites.singleDelete(columnFamily.columnFamily(), options.durability(), options.noSlowdown(), key);
    }

    /** As {@link #deleteRange(ColumnFamilyHandle, WriteOptions, byte[], byte[])}, of the default column family. */
    public void deleteRange(byte[] begin, byte[] end) throws StoreException {
        deleteRange(defaultColumnFamily, WriteOptions.DEFAULT, begin, end);
    }

    /**
     * Removes all keys from {@code begin} to below {@code end}; nothing where they are equal. It costs one entry, whatever
     * the number of keys; reads pay for each range deletion until compaction has dropped it.
     *
     * @throws StoreException as {@link #put}; {@code INVALID_ARGUMENT} where {@code end} is below {@code begin}
     */
    public void deleteRange(ColumnFamilyHandle columnFamily, WriteOptions options, byte[] begin, byte[] end)
            throws StoreException {
        singleWrites.deleteRange(columnFamily.columnFamily(), options.durability(), options.noSlowdown(), begin, end);
    }

    /** As {@link #merge(ColumnFamilyHandle, WriteOptions, byte[], byte[])}, into the default column family. */
    public void merge(byte[] key, byte[] operand) throws StoreException {
        merge(defaultColumnFamily, WriteOptions.DEFAULT, key, operand);
    }

    /**
     * Merges an operand into a key: reads find the value that the column family's {@code merge_operator} makes of it.
     *
     * @throws StoreException as {@link #put}; {@code INVALID_ARGUMENT} where the column family has no merge operator
     */
    public void merge(ColumnFamilyHandle columnFamily, WriteOptions options, byte[] key, byte[] operand)
            throws StoreException {
        singleWrites.merge(columnFamily.columnFamily(), options.durability(), options.noSlowdown(), key, operand);
    }

    /** Writes a batch: all of it becomes visible at once, or nothing. */
    public void write(WriteOptions options, WriteBatch batch) throws StoreException {
        database.write(batch.batch(), options.durability(), options.noSlowdown());
    }

    /** The value of a key of the default column family, or null where it is not there. */
    public byte @Nullable [] get(byte[] key) throws StoreException {
        return get(defaultColumnFamily, key);
    }

    /** The value of a key, or null where it is not there. */
    public byte @Nullable [] get(ColumnFamilyHandle columnFamily, byte[] key) throws StoreException {
        return get(columnFamily, ReadOptions.DEFAULT, key);
    }

    /** The value of a key, or null where it is not there. */
    public byte @Nullable [] get(ColumnFamilyHandle columnFamily, ReadOptions options, byte[] key)
            throws StoreException {
        try {
            return database.get(columnFamily.columnFamily(), sequence(options), options.blockReads(), key);
        } catch (IOException e) {
            throw StoreException.wrap("store.get", e);
        }
    }

    /** The values of keys of the default column family; see {@link #multiGet(ColumnFamilyHandle, ReadOptions, List)}. */
    public List<byte @Nullable []> multiGet(List<byte[]> keys) throws StoreException {
        return multiGet(defaultColumnFamily, ReadOptions.DEFAULT, keys);
    }

    /**
     * The values of keys, in the order of the keys, null for those that are not there, all as of one moment. Costs less
     * than as many gets: keys of one block share it.
     */
    public List<byte @Nullable []> multiGet(ColumnFamilyHandle columnFamily, ReadOptions options, List<byte[]> keys)
            throws StoreException {
        return StoreCalls.call(
                () -> database.multiGet(columnFamily.columnFamily(), sequence(options), options.blockReads(), keys));
    }

    /**
     * Copies the value of a key into {@code value} from its position on, and moves its limit to the end of what was
     * copied. The key's bytes are those between position and limit, which stay where they are.
     *
     * @return the value's length, which may be more than there was room for, or {@link #NOT_FOUND}
     */
    public int get(ColumnFamilyHandle columnFamily, ByteBuffer key, ByteBuffer value) throws StoreException {
        return get(columnFamily, ReadOptions.DEFAULT, key, value);
    }

    /** As {@link #get(ColumnFamilyHandle, ByteBuffer, ByteBuffer)}, with options. */
    public int get(ColumnFamilyHandle columnFamily, ReadOptions options, ByteBuffer key, ByteBuffer value)
            throws StoreException {
        try {
            return database.get(columnFamily.columnFamily(), sequence(options), options.blockReads(), key, value);
        } catch (IOException e) {
            throw StoreException.wrap("store.get", e);
        }
    }

    /** An iterator over a column family as it is now. */
    public StoreIterator newIterator(ColumnFamilyHandle columnFamily) throws StoreException {
        return newIterator(columnFamily, ReadOptions.DEFAULT);
    }

    /** An iterator over a column family as it is now or as the options' snapshot sees it, within the options' bounds. */
    public StoreIterator newIterator(ColumnFamilyHandle columnFamily, ReadOptions options) throws StoreException {
        return StoreCalls.call(() -> new StoreIterator(database.newIterator(
                columnFamily.columnFamily(),
                new ReadSettings(
                        sequence(options),
                        options.blockReads(),
                        bound(options.iterateLowerBound()),
                        bound(options.iterateUpperBound()),
                        options.prefixSameAsStart(),
                        options.totalOrderSeek()))));
    }

    /** Holds the store as it is now, for reads; whoever took it closes it. */
    public Snapshot snapshot() throws StoreException {
        return new Snapshot(database, database.acquireSnapshot());
    }

    /**
     * Flushes column families, all where none is named. When it returns, and {@code wait} was not switched off, whatever
     * was written to them before the call is durable.
     *
     * @throws StoreException {@code TIMED_OUT} at the deadline; the flush's error where it failed for good
     */
    public void flush(FlushOptions options, ColumnFamilyHandle... columnFamilies) throws StoreException {
        Duration timeout = options.timeout();
        database.flush(
                Arrays.stream(columnFamilies)
                        .map(ColumnFamilyHandle::columnFamily)
                        .toList(),
                options.waitForFlush(),
                timeout == null ? Long.MAX_VALUE : timeout.toNanos());
    }

    /**
     * Compacts a range of keys, after a flush: from the highest level that has any of them down to the lowest. Returns when
     * all is installed; other compactions go on meanwhile, unless the options say otherwise.
     *
     * @param begin the first key, or null for no bound
     * @param end the last key, inclusive, or null for no bound
     */
    public void compactRange(
            ColumnFamilyHandle columnFamily,
            CompactRangeOptions options,
            byte @Nullable [] begin,
            byte @Nullable [] end)
            throws StoreException {
        StoreCalls.run(() -> database.compactRange(columnFamily.columnFamily(), begin, end, options.settings()));
    }

    /** Compacts all keys of a column family; see {@link #compactRange(ColumnFamilyHandle, CompactRangeOptions, byte[], byte[])}. */
    public void compactRange(ColumnFamilyHandle columnFamily) throws StoreException {
        compactRange(columnFamily, CompactRangeOptions.DEFAULT, null, null);
    }

    /**
     * Compacts chosen SSTs, and those that must come along since they share keys with them.
     *
     * @param files their names, such as {@code 000012.sst}
     * @param outputLevel where to, not above any of them
     * @return the names of the SSTs made
     * @throws StoreException {@code INVALID_ARGUMENT} for files that the column family has not, or not any more; {@code
     *     BUSY} where another compaction has some of them
     */
    public List<String> compactFiles(ColumnFamilyHandle columnFamily, Collection<String> files, int outputLevel)
            throws StoreException {
        return StoreCalls.call(
                () -> database.compactFiles(columnFamily.columnFamily(), Set.copyOf(files), outputLevel, 0));
    }

    /**
     * Waits until no flush and no compaction runs or is due.
     *
     * @throws StoreException {@code TIMED_OUT} at the deadline; the background error where there is one
     */
    public void waitForCompact(WaitForCompactOptions options) throws StoreException {
        Duration timeout = options.timeout();
        StoreCalls.run(() -> database.waitForCompact(
                options.flush(), options.abortOnPause(), timeout == null ? Long.MAX_VALUE : timeout.toNanos()));
    }

    /** Lets no flush and no compaction begin any more, and waits for those that run. */
    public void pauseBackgroundWork() throws StoreException {
        StoreCalls.run(database::pauseBackgroundWork);
    }

    /** Undoes one {@link #pauseBackgroundWork}. */
    public void continueBackgroundWork() throws StoreException {
        StoreCalls.run(database::continueBackgroundWork);
    }

    /**
     * Changes options of a column family, for what begins after the call: {@code write_buffer_size}, {@code
     * max_write_buffer_number}, {@code memtable_max_entries}, {@code memtable_max_age_ms}, {@code paranoid_file_checks}, {@code remote_flush}, and those of {@link
     * ColumnFamilyOptions} that say so.
     *
     * @throws StoreException {@code INVALID_ARGUMENT} naming an option that is unknown, cannot be changed, or has a
     *     wrong value; nothing is changed then
     */
    public void setOptions(ColumnFamilyHandle columnFamily, Map<String, String> options) throws StoreException {
        database.definitions().change(columnFamily.columnFamily(), options);
    }

    /**
     * As {@link #setOptions}, for the whole store: {@code remote_flush}, {@code delayed_write_rate}, {@code
     * rate_bytes_per_second}, {@code max_background_jobs}.
     */
    public void setDBOptions(Map<String, String> options) throws StoreException {
        database.setDBOptions(options);
    }

    /**
     * A number that tells of a column family, by RocksDB's names: {@code rocksdb.num-immutable-mem-table}, {@code
     * rocksdb.mem-table-flush-pending}, {@code rocksdb.num-running-flushes}, {@code rocksdb.cur-size-active-mem-table},
     * {@code rocksdb.cur-size-all-mem-tables}, {@code rocksdb.num-entries-active-mem-table}, {@code
     * rocksdb.num-entries-imm-mem-tables}, {@code rocksdb.estimate-num-keys}, {@code rocksdb.num-files-at-level0} and so
     * on, {@code rocksdb.total-sst-files-size}, {@code rocksdb.live-sst-files-size}, {@code
     * rocksdb.block-cache-capacity}, {@code rocksdb.block-cache-usage}, {@code rocksdb.is-write-stopped},
     * {@code rocksdb.background-errors}, {@code rocksdb.compaction-pending}, {@code rocksdb.num-running-compactions},
     * {@code rocksdb.estimate-pending-compaction-bytes}, {@code rocksdb.base-level}, {@code
     * rocksdb.actual-delayed-write-rate}, {@code rocksdb.num-snapshots}, {@code rocksdb.oldest-snapshot-sequence}.
     *
     * @throws StoreException {@code INVALID_ARGUMENT} for another name
     */
    public long longProperty(ColumnFamilyHandle columnFamily, String name) throws StoreException {
        return database.longProperty(columnFamily.columnFamily(), name);
    }

    /**
     * A text that tells of a column family, by RocksDB's names: {@code rocksdb.levelstats}, {@code rocksdb.stats} with a
     * table of what was compacted, {@code rocksdb.options-statistics} with the tickers, and the numbers of {@link #longProperty}.
     *
     * @throws StoreException {@code INVALID_ARGUMENT} for another name
     */
    public String property(ColumnFamilyHandle columnFamily, String name) throws StoreException {
        return database.property(columnFamily.columnFamily(), name);
    }

    /**
     * The properties of each SST of a column family, by file name: RocksDB's, and {@code sluice.builder}, which names
     * who built it.
     */
    public Map<String, Map<String, String>> propertiesOfAllTables(ColumnFamilyHandle columnFamily)
            throws StoreException {
        return StoreCalls.call(() -> database.propertiesOfAllTables(columnFamily.columnFamily()));
    }

    /** The store's counters. */
    public Statistics statistics() {
        return Statistics.of(database.statistics(), database.compactionCounters());
    }

    /**
     * {@code FlushWAL}: hands what {@code manual_wal_flush} kept in this process to the operating system.
     *
     * @param sync whether to make it durable too, as {@link #syncWal} does
     */
    public void flushWal(boolean sync) throws StoreException {
        database.flushLog(sync);
    }

    /** {@code SyncWAL}: when it returns, all logged writes that returned before the call are durable. */
    public void syncWal() throws StoreException {
        database.flushLog(true);
    }

    /** The store's IDENTITY. */
    public String identity() {
        return database.identity();
    }

    /**
     * Lets writes and flushes begin again after a background error; no effect where there is none. Where the write-ahead log
     * failed, flushes all column families, waits for that, and begins a new log.
     */
    public void resume() throws StoreException {
        StoreCalls.run(database::resume);
    }

    /**
     * Closes the store: refuses new calls, flushes what is not flushed yet unless {@code avoid_flush_during_shutdown},
     * waits at most {@code shutdown_timeout} each for writers in the log, for flushes, and for the log's last sync, then a
     * minute for its threads, and gives everything back. Closing again does nothing. A thread that is interrupted closes it
     * too; an interrupt while this waits for flushes ends that wait only.
     *
     * @throws StoreException where a flush failed or did not end in time: what it held is lost, unless it is in the
     *     write-ahead log. Everything is given back nevertheless, but with {@code store.close.hangs}: then what hangs in
     *     storage keeps what it uses, and the store's lock, until the process ends
     */
    @Override
    public void close() throws StoreException {
        StoreCalls.run(() -> {
            try {
                database.close();
            } finally {
                if (ownStorage != null) {
                    ownStorage.close();
                }
            }
        });
    }

    private static Store open(
            DBOptions options,
            Storage storage,
            List<ColumnFamilyDescriptor> columnFamilies,
            @Nullable Storage ownStorage)
            throws StoreException {
        return open(options, storage, columnFamilies, ColumnFamilyOptions.DEFAULT, ownStorage);
    }

    /** Opens a store; column families that are not named have {@code defaults}. */
    static Store open(
            DBOptions options,
            Storage storage,
            List<ColumnFamilyDescriptor> columnFamilies,
            ColumnFamilyOptions defaults,
            @Nullable Storage ownStorage)
            throws StoreException {
        return new Store(StoreOpening.open(options, storage, columnFamilies, defaults), ownStorage);
    }

    private long sequence(ReadOptions options) {
        Snapshot snapshot = options.snapshot();
        return snapshot == null ? Database.NEWEST : snapshot.checkedSequence(database);
    }

    private static @Nullable DirectBuffer bound(byte @Nullable [] key) {
        return key == null ? null : new UnsafeBuffer(key);
    }
}
