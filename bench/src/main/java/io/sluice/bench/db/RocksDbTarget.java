// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.db;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ChecksumType;
import org.rocksdb.CompressionType;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteOptions;

/** A store of RocksDB's, in this process through JNI, with direct buffers. */
final class RocksDbTarget implements DbTarget {
    /** db_bench's. */
    private static final long CACHE_SIZE = 32L << 20;

    private final List<AutoCloseable> owned = new ArrayList<>();
    private final RocksDB db;
    private final WriteOptions writes;
    private final ReadOptions reads;

    /** Opens the store in a directory. */
    RocksDbTarget(DbBenchFlags flags, Path directory, boolean fresh) throws RocksDBException {
        if (fresh) {
            try (Options options = new Options()) {
                RocksDB.destroyDB(directory.toString(), options);
            }
        }
        BlockBasedTableConfig table = new BlockBasedTableConfig()
                .setFormatVersion(5)
                .setChecksumType(ChecksumType.kCRC32c)
                .setBlockSize(flags.blockSize)
                .setBlockCache(own(new LRUCache(CACHE_SIZE)));
        if (flags.bloomBits >= 1) {
            table.setFilterPolicy(own(new BloomFilter(flags.bloomBits)));
        }
        Options options = own(new Options())
                .setCreateIfMissing(true)
                .setDelayedWriteRate(flags.delayedWriteRate)
                .setMaxBackgroundJobs(flags.maxBackgroundJobs)
                .setMaxSubcompactions(flags.subcompactions)
                .setWriteBufferSize(flags.writeBufferSize)
                .setMaxWriteBufferNumber(flags.maxWriteBufferNumber)
                .setNumLevels(flags.numLevels)
                .setMaxBytesForLevelBase(flags.maxBytesForLevelBase)
                .setTargetFileSizeBase(flags.targetFileSizeBase)
                .setLevel0FileNumCompactionTrigger(flags.level0FileNumCompactionTrigger)
                .setLevel0SlowdownWritesTrigger(flags.level0SlowdownWritesTrigger)
                .setLevel0StopWritesTrigger(flags.level0StopWritesTrigger)
                .setLevelCompactionDynamicLevelBytes(false)
                .setDisableAutoCompactions(flags.disableAutoCompactions)
                .setCompressionType(CompressionType.valueOf(
                        flags.compressionType.equals("none")
                                ? "NO_COMPRESSION"
                                : flags.compressionType.toUpperCase(Locale.ROOT) + "_COMPRESSION"))
                .setTableFormatConfig(table);
        this.writes = own(new WriteOptions()).setDisableWAL(flags.disableWal).setSync(flags.sync);
        this.reads = own(new ReadOptions());
        this.db = RocksDB.open(options, directory.toString());
    }

    private <T extends AutoCloseable> T own(T resource) {
        owned.add(resource);
        return resource;
    }

    @Override
    public void put(ByteBuffer key, ByteBuffer value) throws RocksDBException {
        db.put(writes, key, value);
    }

    @Override
    public void delete(ByteBuffer key) throws RocksDBException {
        byte[] copy = new byte[key.remaining()];
        key.get(copy);
        db.delete(writes, copy);
    }

    @Override
    public int get(ByteBuffer key, ByteBuffer value) throws RocksDBException {
        return db.get(reads, key, value);
    }

    @Override
    public Cursor cursor() {
        return new RocksCursor(db.newIterator());
    }

    @Override
    public void compact() throws RocksDBException {
        db.compactRange();
    }

    @Override
    public String stats() throws RocksDBException {
        return db.getProperty("rocksdb.stats");
    }

    @Override
    public void close() throws Exception {
        db.close();
        for (int i = owned.size() - 1; i >= 0; i--) {
            owned.get(i).close();
        }
    }

    private record RocksCursor(RocksIterator iterator) implements Cursor {
        @Override
        public boolean isValid() {
            return iterator.isValid();
        }

        @Override
        public void seekToFirst() {
            iterator.seekToFirst();
        }

        @Override
        public void seekToLast() {
            iterator.seekToLast();
        }

        @Override
        public void seek(ByteBuffer key) {
            iterator.seek(key);
        }

        @Override
        public void next() {
            iterator.next();
        }

        @Override
        public void prev() {
            iterator.prev();
        }

        @Override
        public int key(ByteBuffer target) {
            return iterator.key(target);
        }

        @Override
        public int value(ByteBuffer target) {
            return iterator.value(target);
        }

        @Override
        public void close() {
            iterator.close();
        }
    }
}
