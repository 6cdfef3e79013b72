// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.cache.OffHeapBlock;
import io.sluice.store.cache.OffHeapCache.Role;
import java.io.IOException;
import java.nio.ByteOrder;

/** A table's index and its form. Safe for concurrent use. */
final class TableIndex implements AutoCloseable {
    private final TableBlocks blocks;
    private final RootBlock root;
    private final EntryOrder order;
    private final boolean isDeltaEncoded;
    private final boolean hasFirstKey;
    private final boolean isPartitioned;

    TableIndex(
            TableBlocks blocks,
            BlockHandle handle,
            TableProperties properties,
            KeyComparator comparator,
            TableCaching caching)
            throws IOException {
        this.blocks = blocks;
        int type = type(blocks.name(), properties);
        this.isPartitioned = type == TableFormat.INDEX_TWO_LEVEL;
        this.hasFirstKey = type == TableFormat.INDEX_WITH_FIRST_KEY;
        this.isDeltaEncoded = properties.number(PropertyNames.INDEX_VALUE_IS_DELTA_ENCODED) != 0;
        this.order = properties.number(PropertyNames.INDEX_KEY_IS_USER_KEY) != 0
                ? EntryOrder.ofUserKeys(comparator)
                : EntryOrder.ofInternalKeys(comparator);
        this.root = new RootBlock(blocks, handle, Role.INDEX, caching.holdsRoot(isPartitioned));
    }

    /** The index's type, one of {@code TableFormat.INDEX_*}. */
    static int type(String name, TableProperties properties) throws StoreException {
        Slice encoded = properties.raw().get(PropertyNames.INDEX_TYPE);
        if (encoded == null) {
            return TableFormat.INDEX_BINARY_SEARCH;
        }
        if (encoded.length() != Integer.BYTES) {
            throw StoreException.corruption(
                    "sst.index.type", name + ": expected an index type of 4 bytes, found " + encoded);
        }
        int type = encoded.buffer().getInt(0, ByteOrder.LITTLE_ENDIAN);
        if (type < TableFormat.INDEX_BINARY_SEARCH || type > TableFormat.INDEX_WITH_FIRST_KEY) {
            throw new StoreException(
                    StoreException.Kind.NOT_SUPPORTED,
                    "sst.index.type",
                    name + ": index type " + type + " is not supported: expected 0 to 3");
        }
        return type;
    }

    TableBlocks blocks() {
        return blocks;
    }

    EntryOrder order() {
        return order;
    }

    boolean isPartitioned() {
        return isPartitioned;
    }

    boolean isDeltaEncoded() {
        return isDeltaEncoded;
    }

    OffHeapBlock acquireRoot(BlockReads reads) throws IOException {
        return root.acquire(reads);
    }

    void releaseRoot(OffHeapBlock block) {
        root.release(block);
    }

    /** Turns an iterator to the block with which searches begin. */
    void prepareRoot(IndexBlockIterator iterator, OffHeapBlock block) throws StoreException {
        iterator.order(order);
        iterator.form(isDeltaEncoded, hasFirstKey);
        iterator.reset(blocks.name(), root.offset(), block.buffer());
    }

    /** Turns an iterator to a part of a partitioned index. */
    void preparePart(IndexBlockIterator iterator, long offset, OffHeapBlock block) throws StoreException {
        iterator.order(order);
        iterator.form(isDeltaEncoded, hasFirstKey);
        iterator.reset(blocks.name(), offset, block.buffer());
    }

    /** Refuses an index that can't be one. */
    void check() throws IOException {
        OffHeapBlock block = root.acquire(BlockReads.DEFAULT);
        try {
            prepareRoot(new IndexBlockIterator(order), block);
        } finally {
            root.release(block);
        }
    }

    /** Reads the index's parts and every data block from the file, and checks them; the number of data blocks. */
    long verify() throws IOException {
        OffHeapBlock block = root.acquire(BlockReads.DEFAULT);
        try {
            IndexBlockIterator iterator = new IndexBlockIterator(order);
            prepareRoot(iterator, block);
            return isPartitioned ? verifyParts(iterator) : verifyData(iterator);
        } finally {
            root.release(block);
        }
    }

    private long verifyParts(IndexBlockIterator parts) throws IOException {
        long count = 0;
        IndexBlockIterator iterator = new IndexBlockIterator(order);
        long end = 0;
        for (parts.seekToFirst(); parts.isValid(); parts.next()) {
            parts.checkBehind(end);
            end = parts.targetEnd();
            OffHeapBlock part = blocks.readFile(parts.targetOffset(), parts.targetLength(), Role.INDEX);
            try {
                preparePart(iterator, parts.targetOffset(), part);
                count += verifyData(iterator);
            } finally {
                part.release();
            }
        }
        return count;
    }

    private long verifyData(IndexBlockIterator iterator) throws IOException {
        long count = 0;
        long end = 0;
        for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
            iterator.checkBehind(end);
            end = iterator.targetEnd();
            blocks.readFile(iterator.targetOffset(), iterator.targetLength(), Role.DATA)
                    .release();
            count++;
        }
        return count;
    }

    @Override
    public void close() {
        root.close();
    }
}
