// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.micro;

import io.sluice.bench.common.TemporaryDirectory;
import io.sluice.store.BlockBasedTableOptions;
import io.sluice.store.BlockCache;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.StoreIterator;
import io.sluice.store.WriteOptions;
import io.sluice.store.base.StoreException;
import io.sluice.store.sst.CompressionType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A put, a get, a move and a seek through the whole store. Each iteration has a store of its own, whose memtable takes more than an
 * iteration writes: a flush in the background would count as the put's garbage.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class StoreBenchmark {
    private static final WriteOptions UNLOGGED =
            WriteOptions.builder().disableWal(true).build();

    private static final long WRITE_BUFFER_SIZE = 1L << 30;
    private static final long DB_WRITE_BUFFER_SIZE = 3L << 30;
    private static final long PUT_KEYS = 1L << 40;
    private static final int FOUND_KEYS = 400_000;
    /** Room for all that is read. */
    private static final long BLOCK_CACHE_SIZE = 256L << 20;

    /** The store that puts go to, empty at the begin of each iteration. */
    @State(Scope.Benchmark)
    public static class Growing {
        private Temporary temporary;

        /** Creates the store. */
        @Setup(Level.Iteration)
        public void create() throws IOException {
            temporary = new Temporary();
        }

        /** Removes it. */
        @TearDown(Level.Iteration)
        public void close() throws IOException {
            temporary.close();
        }
    }

    /** The store that gets read. */
    @State(Scope.Benchmark)
    public static class Filled {
        private Temporary temporary;

        /** Whether the entries are in an SST, else they are in the memtable. */
        @Param({"false", "true"})
        private boolean flushed;

        /** Puts each key once. */
        @Setup(Level.Trial)
        public void fill() throws IOException {
            temporary = new Temporary();
            ByteBuffer key = ByteBuffer.allocateDirect(RandomEntries.KEY_LENGTH);
            ByteBuffer value = ByteBuffer.allocateDirect(RandomEntries.VALUE_LENGTH);
            for (int i = 0; i < FOUND_KEYS; i++) {
                temporary.store.put(
                        temporary.columnFamily, UNLOGGED, key.clear().putLong(0, i), value.clear());
            }
            if (flushed) {
                temporary.store.flush(FlushOptions.DEFAULT);
            }
        }

        /** Removes it. */
        @TearDown(Level.Trial)
        public void close() throws IOException {
            temporary.close();
        }
    }

    /** Puts one entry, from direct buffers. */
    @Benchmark
    public void put(Growing growing, RandomEntries entries) throws StoreException {
        entries.next(PUT_KEYS);
        Temporary temporary = growing.temporary;
        temporary.store.put(temporary.columnFamily, UNLOGGED, entries.key, entries.value);
    }

    /** Puts one entry, from direct buffers, into the write-ahead log too, without a sync. */
    @Benchmark
    public void putLogged(Growing growing, RandomEntries entries) throws StoreException {
        entries.next(PUT_KEYS);
        Temporary temporary = growing.temporary;
        temporary.store.put(temporary.columnFamily, WriteOptions.DEFAULT, entries.key, entries.value);
    }

    /** Puts one entry, from arrays. */
    @Benchmark
    public void putArrays(Growing growing, RandomEntries entries) throws StoreException {
        entries.next(PUT_KEYS);
        Temporary temporary = growing.temporary;
        temporary.store.put(temporary.columnFamily, UNLOGGED, entries.keyArray(), entries.valueArray());
    }

    /** Gets one entry that is there, into a direct buffer. */
    @Benchmark
    public int get(Filled filled, RandomEntries entries) throws StoreException {
        entries.next(FOUND_KEYS);
        Temporary temporary = filled.temporary;
        return temporary.store.get(temporary.columnFamily, entries.key, entries.found.clear());
    }

    /** An iterator of one thread's. */
    @State(Scope.Thread)
    public static class Cursor {
        private StoreIterator iterator;

        /** Opens it. */
        @Setup(Level.Trial)
        public void open(Filled filled) throws StoreException {
            iterator = filled.temporary.store.newIterator(filled.temporary.columnFamily);
        }

        /** Closes it. */
        @TearDown(Level.Trial)
        public void close() {
            iterator.close();
        }
    }

    /** Moves an iterator on by one, from the last key to the first, and copies the value to a direct buffer. */
    @Benchmark
    public int next(Cursor cursor, RandomEntries entries) throws StoreException {
        StoreIterator iterator = cursor.iterator;
        if (iterator.isValid()) {
            iterator.next();
        }
        if (!iterator.isValid()) {
            iterator.seekToFirst();
        }
        return iterator.value(entries.found.clear());
    }

    /** Moves an iterator to a key that is there. */
    @Benchmark
    public boolean seek(Cursor cursor, RandomEntries entries) throws StoreException {
        entries.next(FOUND_KEYS);
        cursor.iterator.seek(entries.key);
        return cursor.iterator.isValid();
    }

    private static final class Temporary {
        private final TemporaryDirectory directory;
        private final BlockCache cache = new BlockCache(BLOCK_CACHE_SIZE);
        private final Store store;
        private final ColumnFamilyHandle columnFamily;

        Temporary() throws IOException {
            directory = TemporaryDirectory.create(null, "sluice-bench-");
            store = open(directory.path(), cache);
            columnFamily = store.defaultColumnFamily();
        }

        void close() throws IOException {
            store.close();
            cache.close();
            directory.close();
        }
    }

    private static Store open(Path directory, BlockCache cache) throws StoreException {
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .dbWriteBufferSize(DB_WRITE_BUFFER_SIZE)
                .avoidFlushDuringShutdown(true)
                .build();
        ColumnFamilyOptions columnFamily = ColumnFamilyOptions.builder()
                .writeBufferSize(WRITE_BUFFER_SIZE)
                .disableAutoCompactions(true)
                .compression(CompressionType.NONE)
                .tableOptions(BlockBasedTableOptions.builder().blockCache(cache).build())
                .build();
        return Store.open(
                options,
                directory,
                List.of(new ColumnFamilyDescriptor(ColumnFamilyDescriptor.DEFAULT_NAME, columnFamily)));
    }
}
