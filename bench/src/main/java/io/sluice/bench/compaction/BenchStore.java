// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.compaction;

import io.sluice.bench.common.Values;
import io.sluice.cli.command.CommandFailure;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.CompactRangeOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Statistics;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.CompactionExecutorFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A store that is filled with numbers in order or at random, and whose values tell whether they are right. */
final class BenchStore implements AutoCloseable {
    private static final long MEMORY = 64L << 20;
    private static final int LEVELS = 7;

    private final Store store;
    private final Values values;
    private final ByteBuffer value;
    private final ByteBuffer key = ByteBuffer.allocate(Long.BYTES);

    private BenchStore(Store store, int valueSize) {
        this.store = store;
        this.values = new Values(valueSize);
        this.value = values.view();
    }

    /**
     * Creates a store.
     *
     * @param remote runs its compactions, or null for this process
     * @param automatic whether it compacts by itself
     */
    static BenchStore create(
            Path directory,
            @Nullable CompactionExecutorFactory remote,
            long targetFileSize,
            long writeBufferSize,
            boolean automatic,
            int valueSize)
            throws StoreException {
        DBOptions.Builder options =
                DBOptions.builder().createIfMissing(true).dbWriteBufferSize(Math.max(MEMORY, 4 * writeBufferSize));
        if (remote != null) {
            options.remoteCompactionExecutor(remote);
        }
        ColumnFamilyOptions family = ColumnFamilyOptions.builder()
                .disableAutoCompactions(!automatic)
                .targetFileSizeBase(targetFileSize)
                .writeBufferSize(writeBufferSize)
                .build();
        return new BenchStore(
                Store.open(options.build(), directory, List.of(new ColumnFamilyDescriptor("default", family))),
                valueSize);
    }

    void put(long number) throws StoreException {
        key.putLong(0, number);
        values.select(value, number);
        byte[] bytes = new byte[value.remaining()];
        value.duplicate().get(bytes);
        store.put(key.array(), bytes);
    }

    /** Puts all numbers below {@code count}. */
    void fill(long count) throws StoreException {
        for (long i = 0; i < count; i++) {
            put(i);
        }
    }

    /** Puts as many numbers below {@code count}, drawn at random. */
    void fillRandom(long count, long seed) throws StoreException {
        SplittableRandom random = new SplittableRandom(seed);
        for (long i = 0; i < count; i++) {
            put(random.nextLong(count));
        }
    }

    void flush() throws StoreException {
        store.flush(FlushOptions.DEFAULT);
    }

    void compact() throws StoreException {
        store.compactRange(store.defaultColumnFamily());
    }

    /** Compacts what there is of one number. */
    void compact(long number) throws StoreException {
        byte[] bound = ByteBuffer.allocate(Long.BYTES).putLong(0, number).array();
        store.compactRange(store.defaultColumnFamily(), CompactRangeOptions.DEFAULT, bound, bound);
    }

    Statistics statistics() {
        return store.statistics();
    }

    /** The number of its SSTs. */
    int files() throws StoreException {
        int files = 0;
        for (int level = 0; level < LEVELS; level++) {
            files +=
                    Integer.parseInt(store.property(store.defaultColumnFamily(), "rocksdb.num-files-at-level" + level));
        }
        return files;
    }

    /** Reads numbers below {@code count} back; all of them, or an even sample of so many. */
    void verify(long count, int sample) throws StoreException, CommandFailure {
        long step = Math.max(1, count / sample);
        for (long i = 0; i < count; i += step) {
            byte[] found =
                    store.get(ByteBuffer.allocate(Long.BYTES).putLong(0, i).array());
            if (found == null || !values.matches(i, ByteBuffer.wrap(found))) {
                throw new CommandFailure("the value of " + i + " is " + (found == null ? "missing" : "wrong"));
            }
        }
    }

    @Override
    public void close() throws StoreException {
        store.close();
    }
}
