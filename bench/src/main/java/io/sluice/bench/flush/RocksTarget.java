// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import io.sluice.store.sst.CompressionType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ChecksumType;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteOptions;

/**
 * A store of RocksDB's, in this process through JNI, in its cheapest form: direct buffers, of which nothing is copied on
 * the way to the native side.
 */
final class RocksTarget implements FillTarget {
    private static final int NO_COMPACTION = 1 << 20;

    private final Load load;
    private final List<AutoCloseable> owned = new ArrayList<>();
    private final RocksDB db;
    private final List<ColumnFamilyHandle> columnFamilies = new ArrayList<>();
    private final WriteOptions writeOptions;

    /** Creates a store in an empty directory. */
    RocksTarget(Path directory, Load load) throws RocksDBException {
        this.load = load;
        DBOptions options = own(new DBOptions())
                .setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                .setErrorIfExists(true)
                .setDbWriteBufferSize(load.dbWriteBufferSize())
                .setDelayedWriteRate(load.delayedWriteRate())
                .setEnablePipelinedWrite(true)
                .setAllowConcurrentMemtableWrite(true)
                .setAvoidFlushDuringShutdown(true);
        // The pools' sizes follow from the number of jobs: a quarter of it flushes.
        options.setMaxBackgroundJobs(4 * load.maxBackgroundFlushes());
        ColumnFamilyOptions columnFamily = columnFamilyOptions();
        List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
        descriptors.add(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, columnFamily));
        for (int i = 1; i < load.columnFamilies(); i++) {
            descriptors.add(new ColumnFamilyDescriptor(("cf" + i).getBytes(StandardCharsets.UTF_8), columnFamily));
        }
        this.writeOptions = own(new WriteOptions()).setDisableWAL(true);
        this.db = RocksDB.open(options, directory.toString(), descriptors, columnFamilies);
    }

    private ColumnFamilyOptions columnFamilyOptions() {
        BlockBasedTableConfig table =
                new BlockBasedTableConfig().setFormatVersion(5).setChecksumType(ChecksumType.kCRC32c);
        if (load.bloomBits() > 0) {
            table.setFilterPolicy(own(new BloomFilter(load.bloomBits())));
        }
        return own(new ColumnFamilyOptions())
                .setWriteBufferSize(load.writeBufferSize())
                .setMaxWriteBufferNumber(load.maxWriteBufferNumber())
                .setCompressionType(compression(load.compression()))
                .setTableFormatConfig(table)
                .setDisableAutoCompactions(true)
                .setLevel0FileNumCompactionTrigger(NO_COMPACTION)
                .setLevel0SlowdownWritesTrigger(NO_COMPACTION)
                .setLevel0StopWritesTrigger(NO_COMPACTION);
    }

    private static org.rocksdb.CompressionType compression(CompressionType type) {
        return org.rocksdb.CompressionType.getCompressionType(type.id());
    }

    private <T extends AutoCloseable> T own(T resource) {
        owned.add(resource);
        return resource;
    }

    @Override
    public void put(int columnFamily, ByteBuffer key, ByteBuffer value) throws RocksDBException {
        db.put(columnFamilies.get(columnFamily), writeOptions, key, value);
    }

    @Override
    public void flush() throws RocksDBException {
        try (FlushOptions options = new FlushOptions()) {
            db.flush(options.setWaitForFlush(true), columnFamilies);
        }
    }

    @Override
    public void scan(int columnFamily, EntryVisitor visitor) throws RocksDBException {
        try (RocksIterator entries = db.newIterator(columnFamilies.get(columnFamily))) {
            for (entries.seekToFirst(); entries.isValid(); entries.next()) {
                visitor.entry(ByteBuffer.wrap(entries.key()), ByteBuffer.wrap(entries.value()));
            }
            entries.status();
        }
    }

    @Override
    public Map<String, Object> details() {
        return Map.of();
    }

    @Override
    public void close() throws Exception {
        columnFamilies.forEach(ColumnFamilyHandle::close);
        db.close();
        for (int i = owned.size() - 1; i >= 0; i--) {
            owned.get(i).close();
        }
    }
}
