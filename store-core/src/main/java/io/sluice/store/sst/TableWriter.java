// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.RangeTombstone;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Writes one table, as RocksDB's {@code BlockBasedTableBuilder} would, block for block. Used by one thread. Its opener
 * closes it, and the file afterwards.
 *
 * <p>An entry costs no allocation: key and value are copied once, into the block under way. The memory held is that
 * block, its compressed form, the index, and eight bytes a key for the filter. The same entries, options and identity
 * give the same bytes.
 */
public final class TableWriter implements AutoCloseable {
    private final TableOptions options;
    private final TableIdentity identity;
    private final BlockWriter output;
    private final BlockBuilder dataBlock;
    private final IndexBuilder index;
    private final @Nullable BloomFilterBuilder filter;
    private final long deviationLimit;

    private final UnsafeBuffer keyView = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer lastKeyView = new UnsafeBuffer(0, 0);
    private byte[] key = new byte[256];
    private byte[] lastKey = new byte[256];
    private int lastKeyLength;
    private byte[] firstKey = new byte[0];
    private final List<RangeTombstone> tombstones = new ArrayList<>();
    private boolean finished;

    private final TableCounts counts = new TableCounts();

    /** Starts a table at the beginning of an empty file, which stays the caller's. */
    public TableWriter(WritableFile file, TableOptions options, TableIdentity identity) {
        this.options = options;
        this.identity = identity;
        this.output = new BlockWriter(file, options);
        this.dataBlock = new BlockBuilder(options.blockRestartInterval(), 2 * options.blockSize());
        this.index = new IndexBuilder(options.comparator(), options.indexBlockRestartInterval());
        this.filter = options.hasFilter() ? new BloomFilterBuilder(options) : null;
        this.deviationLimit = ((long) options.blockSize() * (100 - options.blockSizeDeviation()) + 99) / 100;
        keyView.wrap(key);
        lastKeyView.wrap(lastKey);
    }

    /**
     * Adds an entry. Neither buffer is kept.
     *
     * @throws StoreException {@code CORRUPTION} where the internal key is malformed or not above the one before;
     *     {@code NOT_SUPPORTED} for a type that no table's data holds
     */
    public void add(DirectBuffer internalKey, DirectBuffer value) throws IOException {
        int keyLength = internalKey.capacity();
        int userKeyLength = keyLength - InternalKey.TRAILER_LENGTH;
        if (userKeyLength < 0) {
            throw StoreException.corruption(
                    "sst.writer.key", "expected an internal key of at least 8 bytes, found " + keyLength);
        }
        if (keyLength > key.length) {
            key = Buffers.ensure(key, keyLength);
            keyView.wrap(key);
        }
        internalKey.getBytes(0, key, 0, keyLength);
        long trailer = keyView.getLong(userKeyLength, ByteOrder.LITTLE_ENDIAN);
        int shared = pointEntries() == 0 ? 0 : sharedWithLast(keyLength, userKeyLength, trailer);

        if (isBlockFull(keyLength, value.capacity())) {
            BlockHandle handle = writeDataBlock();
            index.add(Arrays.copyOf(lastKey, lastKeyLength), Arrays.copyOf(key, keyLength), handle);
        }
        if (InternalKey.type(trailer) == ValueType.RANGE_DELETION) {
            throw unsupportedType(trailer);
        }
        counts.add(trailer, keyLength, value.capacity());
        if (filter != null) {
            filter.add(key, userKeyLength);
        }
        dataBlock.add(key, keyLength, shared, value);
        if (pointEntries() == 1) {
            firstKey = Arrays.copyOf(key, keyLength);
        }
        swapKeys(keyLength);
    }

    /**
     * Adds a range deletion. They come in the order of their internal keys, cut at each other's bounds, before, between or
     * after the entries.
     *
     * @throws StoreException {@code CORRUPTION} where its range is empty or begins before the end of one of another range
     */
    public void addRangeDeletion(RangeTombstone tombstone) throws StoreException {
        KeyComparator comparator = options.comparator();
        boolean inOrder =
                comparator.compare(tombstone.start().buffer(), tombstone.end().buffer()) < 0;
        if (!tombstones.isEmpty()) {
            RangeTombstone last = tombstones.get(tombstones.size() - 1);
            boolean isSameRange =
                    last.start().equals(tombstone.start()) && last.end().equals(tombstone.end());
            inOrder &= isSameRange
                    ? tombstone.sequence() < last.sequence()
                    : comparator.compare(last.end().buffer(), tombstone.start().buffer()) <= 0;
        }
        if (!inOrder) {
            throw StoreException.corruption(
                    "sst.writer.range-deletion", "range deletion " + tombstone + " is empty or out of order");
        }
        tombstones.add(tombstone);
        int keyLength = tombstone.start().length() + InternalKey.TRAILER_LENGTH;
        counts.add(
                InternalKey.trailer(tombstone.sequence(), ValueType.RANGE_DELETION),
                keyLength,
                tombstone.end().length());
    }

    /** Entries added, range deletions among them. */
    public long entryCount() {
        return counts.entries;
    }

    /** Bytes written to the file so far; what is in the block under way comes on top. */
    public long fileSize() {
        return output.offset();
    }

    /**
     * Writes what is left. Neither syncs nor closes the file. Requires at least one entry.
     *
     * @throws IllegalStateException without an entry, or the second time
     */
    public TableSummary finish() throws IOException {
        if (finished || counts.entries == 0) {
            throw new IllegalStateException("finished=" + finished + " entries=" + counts.entries);
        }
        finished = true;
        byte[] largest = Arrays.copyOf(lastKey, lastKeyLength);
        boolean hasPoints = pointEntries() > 0;
        if (hasPoints) {
            index.add(largest, null, writeDataBlock());
        }
        TableBounds bounds = TableBounds.of(
                options.comparator(),
                hasPoints ? Slice.wrap(firstKey) : null,
                hasPoints ? Slice.wrap(largest) : null,
                tombstones);
        if (bounds == null) {
            throw new IllegalStateException("entries=" + counts.entries + " without bounds");
        }

        TableTail tail = new TableTail(output, options, identity);
        TableProperties properties = tail.write(counts, filter, index, tombstones);
        return new TableSummary(
                output.offset(),
                output.crc32c(),
                bounds.smallest(),
                bounds.largest(),
                counts.smallestSequence,
                counts.largestSequence,
                properties);
    }

    /** Frees what the writer holds, whether finished or not. */
    @Override
    public void close() {
        output.close();
    }

    /** {@code FlushBlockBySizePolicy}. */
    private boolean isBlockFull(int keyLength, int valueLength) {
        if (dataBlock.isEmpty()) {
            return false;
        }
        long size = dataBlock.size();
        return size >= options.blockSize()
                || (deviationLimit != 0
                        && size > deviationLimit
                        && dataBlock.sizeWith(keyLength, valueLength) > options.blockSize());
    }

    private BlockHandle writeDataBlock() throws IOException {
        dataBlock.finish();
        BlockHandle handle = output.write(dataBlock.bytes(), dataBlock.length(), true);
        dataBlock.reset();
        counts.dataBlocks++;
        return handle;
    }

    /** The length of the prefix that {@link #key} shares with {@link #lastKey}; checks the order on the way. */
    private int sharedWithLast(int keyLength, int userKeyLength, long trailer) throws StoreException {
        int lastUserKeyLength = lastKeyLength - InternalKey.TRAILER_LENGTH;
        int mismatch = Arrays.mismatch(lastKey, 0, lastUserKeyLength, key, 0, userKeyLength);
        int common = Math.min(lastUserKeyLength, userKeyLength);
        int order = mismatch < 0 ? 0 : compareUserKeys(lastUserKeyLength, userKeyLength, mismatch);
        if (order == 0) {
            long lastTrailer = lastKeyView.getLong(lastUserKeyLength, ByteOrder.LITTLE_ENDIAN);
            order = Long.compareUnsigned(trailer, lastTrailer); // descending
        }
        if (order >= 0) {
            throw StoreException.corruption(
                    "sst.writer.order",
                    "entry " + counts.entries + ": expected an internal key above "
                            + Slice.copyOf(new UnsafeBuffer(lastKey, 0, lastKeyLength)) + ", found "
                            + Slice.copyOf(new UnsafeBuffer(key, 0, keyLength)));
        }
        if (mismatch >= 0 && mismatch < common) {
            return mismatch;
        }
        int whole = Arrays.mismatch(lastKey, 0, lastKeyLength, key, 0, keyLength);
        return whole < 0 ? keyLength : whole;
    }

    private int compareUserKeys(int lastLength, int length, int mismatch) {
        if (!options.comparator().isBytewise()) {
            return options.comparator().compare(lastKeyView, 0, lastLength, keyView, 0, length);
        }
        return mismatch < Math.min(lastLength, length)
                ? (lastKey[mismatch] & 0xff) - (key[mismatch] & 0xff)
                : lastLength - length;
    }

    private void swapKeys(int keyLength) {
        byte[] free = lastKey;
        lastKey = key;
        lastKeyLength = keyLength;
        key = free;
        lastKeyView.wrap(lastKey);
        keyView.wrap(key);
    }

    private long pointEntries() {
        return counts.entries - counts.rangeDeletions;
    }

    private static StoreException unsupportedType(long trailer) {
        return new StoreException(
                StoreException.Kind.NOT_SUPPORTED,
                "sst.writer.type",
                "an entry of type " + (InternalKey.type(trailer) & 0xff) + " cannot be written to a table's data");
    }

    /** What is counted while entries come in. */
    static final class TableCounts {
        long entries;
        long deletions;
        long mergeOperands;
        long rangeDeletions;
        long rawKeySize;
        long rawValueSize;
        long dataBlocks;
        long smallestSequence = Long.MAX_VALUE;
        long largestSequence;

        private void add(long trailer, int keyLength, int valueLength) throws StoreException {
            byte type = InternalKey.type(trailer);
            switch (type) {
                case ValueType.VALUE -> {}
                case ValueType.DELETION, ValueType.SINGLE_DELETION -> deletions++;
                case ValueType.MERGE -> mergeOperands++;
                case ValueType.RANGE_DELETION -> {
                    deletions++; // RocksDB counts them as both
                    rangeDeletions++;
                }
                default -> throw unsupportedType(trailer);
            }
            entries++;
            rawKeySize += keyLength;
            rawValueSize += valueLength;
            long sequence = InternalKey.sequence(trailer);
            smallestSequence = Math.min(smallestSequence, sequence);
            largestSequence = Math.max(largestSequence, sequence);
        }
    }
}
