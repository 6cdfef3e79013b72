// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.db;

import io.sluice.cli.role.GeneratorLink;
import io.sluice.store.BlockBasedTableOptions;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.Store;
import io.sluice.store.StoreIterator;
import io.sluice.store.WriteOptions;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.sst.CompressionType;
import io.sluice.store.storage.LocalStorage;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A store of ours. */
final class SluiceDb implements DbTarget {
    private final Store store;
    private final ColumnFamilyHandle columnFamily;
    private final WriteOptions writes;
    private final Consumer<Map<String, Long>> flushes;

    private SluiceDb(Store store, DbBenchFlags flags, Consumer<Map<String, Long>> flushes) {
        this.store = store;
        this.flushes = flushes;
        this.columnFamily = store.defaultColumnFamily();
        this.writes = WriteOptions.builder()
                .disableWal(flags.disableWal)
                .sync(flags.sync)
                .build();
    }

    /**
     * Opens the store in a directory.
     *
     * @param remote where it flushes, or null for this process
     * @param flushes is told at the close how many flushes each builder made
     */
    static SluiceDb open(
            DbBenchFlags flags,
            Path directory,
            boolean fresh,
            @Nullable GeneratorLink remote,
            Consumer<Map<String, Long>> flushes)
            throws IOException {
        if (fresh) {
            destroy(directory);
        }
        DBOptions.Builder options = DBOptions.builder()
                .createIfMissing(true)
                .delayedWriteRate(flags.delayedWriteRate)
                .maxBackgroundJobs(flags.maxBackgroundJobs)
                .maxSubcompactions(flags.subcompactions);
        if (remote == null) {
            options.dbWriteBufferSize(memtableBytes(flags));
        } else {
            options.memoryPool(remote.memory()).remoteFlushExecutor(remote.remoteFlush());
        }
        ColumnFamilyOptions family = columnFamily(flags);
        return new SluiceDb(
                Store.open(
                        options.build(),
                        directory,
                        List.of(new ColumnFamilyDescriptor(ColumnFamilyDescriptor.DEFAULT_NAME, family))),
                flags,
                flushes);
    }

    /** Room for all memtables that may be there, each with its last chunk. */
    static long memtableBytes(DbBenchFlags flags) {
        return (flags.writeBufferSize + (4 << 20)) * (flags.maxWriteBufferNumber + 2L);
    }

    private static ColumnFamilyOptions columnFamily(DbBenchFlags flags) {
        return ColumnFamilyOptions.builder()
                .writeBufferSize(flags.writeBufferSize)
                .maxWriteBufferNumber(flags.maxWriteBufferNumber)
                .compression(CompressionType.valueOf(flags.compressionType.toUpperCase(Locale.ROOT)))
                .numLevels(flags.numLevels)
                .maxBytesForLevelBase(flags.maxBytesForLevelBase)
                .targetFileSizeBase(flags.targetFileSizeBase)
                .level0FileNumCompactionTrigger(flags.level0FileNumCompactionTrigger)
                .level0SlowdownWritesTrigger(flags.level0SlowdownWritesTrigger)
                .level0StopWritesTrigger(flags.level0StopWritesTrigger)
                .levelCompactionDynamicLevelBytes(false)
                .disableAutoCompactions(flags.disableAutoCompactions)
                .tableOptions(BlockBasedTableOptions.builder()
                        .blockSize(flags.blockSize)
                        .filterBitsPerKey(Math.max(0, flags.bloomBits))
                        .build())
                .build();
    }

    /** Deletes a store's files, and no others. */
    private static void destroy(Path directory) throws IOException {
        try (Storage storage = new LocalStorage(directory)) {
            storage.createRoot();
            for (String name : storage.list("")) {
                if (FileNames.parse(name).type() != FileNames.Type.OTHER) {
                    storage.deleteRecursively(name);
                }
            }
        }
    }

    @Override
    public void put(ByteBuffer key, ByteBuffer value) throws IOException {
        store.put(columnFamily, writes, key, value);
    }

    @Override
    public void delete(ByteBuffer key) throws IOException {
        byte[] copy = new byte[key.remaining()];
        key.get(copy);
        store.delete(columnFamily, writes, copy);
    }

    @Override
    public int get(ByteBuffer key, ByteBuffer value) throws IOException {
        return store.get(columnFamily, key, value);
    }

    @Override
    public Cursor cursor() throws IOException {
        return new SluiceCursor(store.newIterator(columnFamily));
    }

    @Override
    public void compact() throws IOException {
        store.compactRange(columnFamily);
    }

    @Override
    public String stats() throws IOException {
        return store.property(columnFamily, "rocksdb.stats");
    }

    @Override
    public void close() throws IOException {
        store.close();
        flushes.accept(store.statistics().flushesByBuilder());
    }

    private record SluiceCursor(StoreIterator iterator) implements Cursor {
        @Override
        public boolean isValid() {
            return iterator.isValid();
        }

        @Override
        public void seekToFirst() throws IOException {
            iterator.seekToFirst();
        }

        @Override
        public void seekToLast() throws IOException {
            iterator.seekToLast();
        }

        @Override
        public void seek(ByteBuffer key) throws IOException {
            iterator.seek(key);
        }

        @Override
        public void next() throws IOException {
            iterator.next();
        }

        @Override
        public void prev() throws IOException {
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
