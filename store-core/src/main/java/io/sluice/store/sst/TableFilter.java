// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.Ticker;
import io.sluice.store.base.Tickers;
import io.sluice.store.cache.OffHeapBlock;
import io.sluice.store.cache.OffHeapCache.Role;
import java.io.IOException;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** A table's filter, in one block or in parts, of whole keys, prefixes, or both. Safe for concurrent use. */
final class TableFilter implements AutoCloseable {
    private static final int NOT_ASKED = -1;

    private final TableBlocks blocks;
    private final TableIndex index;
    private final RootBlock root;
    private final boolean isPartitioned;
    private final boolean ofKeys;
    private final @Nullable PrefixExtractor prefixes;

    private TableFilter(
            TableBlocks blocks,
            TableIndex index,
            RootBlock root,
            boolean isPartitioned,
            boolean ofKeys,
            @Nullable PrefixExtractor prefixes) {
        this.blocks = blocks;
        this.index = index;
        this.root = root;
        this.isPartitioned = isPartitioned;
        this.ofKeys = ofKeys;
        this.prefixes = prefixes;
    }

    /** The filter of a table, or null where it has none, or one that says nothing to us. */
    static @Nullable TableFilter of(
            TableBlocks blocks,
            TableIndex index,
            TableProperties properties,
            Map<String, BlockHandle> metaBlocks,
            TableCaching caching)
            throws IOException {
        boolean ofKeys = !properties.text(PropertyNames.WHOLE_KEY_FILTERING).equals("0");
        // Before there was this property, a filter had prefixes if there was an extractor.
        boolean ofPrefixes = !properties.text(PropertyNames.PREFIX_FILTERING).equals("0");
        PrefixExtractor prefixes =
                ofPrefixes ? PrefixExtractor.byName(properties.text(PropertyNames.PREFIX_EXTRACTOR)) : null;
        BlockHandle full = metaBlocks.get(TableFormat.FILTER_BLOCK);
        BlockHandle partitioned = metaBlocks.get(TableFormat.PARTITIONED_FILTER_BLOCK);
        BlockHandle handle = full != null ? full : partitioned;
        if (handle == null || (!ofKeys && prefixes == null)) {
            return null;
        }
        boolean isPartitioned = full == null;
        RootBlock root = new RootBlock(blocks, handle, Role.FILTER, caching.holdsRoot(isPartitioned));
        return new TableFilter(blocks, index, root, isPartitioned, ofKeys, prefixes);
    }

    /** False where the filter says that the table has no entry of the search key's user key. */
    boolean mayContain(DirectBuffer internalKey, TableScratch scratch, BlockReads reads) throws IOException {
        int length = askedLength(internalKey, reads);
        if (length == NOT_ASKED) {
            return true;
        }
        boolean mayContain = ask(internalKey, length, scratch, reads);
        Tickers tickers = blocks.tickers();
        if (ofKeys) {
            tickers.count(mayContain ? Ticker.BLOOM_FILTER_FULL_POSITIVE : Ticker.BLOOM_FILTER_USEFUL);
        } else {
            tickers.count(Ticker.BLOOM_FILTER_PREFIX_CHECKED);
            tickers.count(Ticker.BLOOM_FILTER_PREFIX_USEFUL, mayContain ? 0 : 1);
        }
        return mayContain;
    }

    /** Tells that the table has the key that {@link #mayContain} let pass. */
    void countFound(DirectBuffer internalKey, BlockReads reads) {
        if (askedLength(internalKey, reads) != NOT_ASKED) {
            blocks.tickers()
                    .count(ofKeys ? Ticker.BLOOM_FILTER_FULL_TRUE_POSITIVE : Ticker.BLOOM_FILTER_PREFIX_TRUE_POSITIVE);
        }
    }

    /** Bytes of the key that a get asks for, or {@link #NOT_ASKED}. */
    private int askedLength(DirectBuffer internalKey, BlockReads reads) {
        int length = internalKey.capacity() - Long.BYTES;
        PrefixExtractor extractor = prefixes;
        if (reads.cacheOnly()) {
            return NOT_ASKED; // the filter may not be in memory; then index and data block decide
        }
        if (ofKeys) {
            return length;
        }
        return extractor == null || !extractor.hasPrefix(length) ? NOT_ASKED : extractor.prefixLength(length);
    }

    /**
     * False where the filter says that the table has no entry whose user key has the prefix of the search key's.
     *
     * @param wanted the extractor that the reader goes by: where the table has another, the filter says nothing
     */
    boolean mayContainPrefix(DirectBuffer internalKey, PrefixExtractor wanted, TableScratch scratch, BlockReads reads)
            throws IOException {
        int length = internalKey.capacity() - Long.BYTES;
        if (reads.cacheOnly() || !wanted.equals(prefixes) || !wanted.hasPrefix(length)) {
            return true;
        }
        return ask(internalKey, wanted.prefixLength(length), scratch, reads);
    }

    /** Reads the filter's parts from the file and checks them. */
    void verifyParts() throws IOException {
        if (!isPartitioned) {
            return;
        }
        OffHeapBlock top = root.acquire(BlockReads.DEFAULT);
        try {
            IndexBlockIterator parts = new IndexBlockIterator(index.order());
            prepareParts(parts, top);
            for (parts.seekToFirst(); parts.isValid(); parts.next()) {
                blocks.readFile(parts.targetOffset(), parts.targetLength(), Role.FILTER)
                        .release();
            }
        } finally {
            root.release(top);
        }
    }

    @Override
    public void close() {
        root.close();
    }

    private boolean ask(DirectBuffer internalKey, int length, TableScratch scratch, BlockReads reads)
            throws IOException {
        byte[] key = scratch.filterKey(internalKey, length);
        int offset = scratch.filterKeyOffset();
        OffHeapBlock block = root.acquire(reads);
        try {
            return isPartitioned
                    ? askPart(block, internalKey, key, offset, length, scratch, reads)
                    : FilterBits.mayContain(block.buffer(), key, offset, length);
        } finally {
            root.release(block);
        }
    }

    private void prepareParts(IndexBlockIterator parts, OffHeapBlock top) throws IOException {
        parts.order(index.order());
        parts.form(index.isDeltaEncoded(), false);
        parts.reset(blocks.name(), root.offset(), top.buffer());
    }

    private boolean askPart(
            OffHeapBlock top,
            DirectBuffer internalKey,
            byte[] key,
            int offset,
            int length,
            TableScratch scratch,
            BlockReads reads)
            throws IOException {
        IndexBlockIterator parts = scratch.filterParts();
        prepareParts(parts, top);
        try {
            parts.seek(internalKey);
            if (!parts.isValid()) {
                parts.seekToLast(); // the last part's prefixes may reach behind its separator
            }
            if (!parts.isValid()) {
                return true;
            }
            OffHeapBlock part = blocks.get(parts.targetOffset(), parts.targetLength(), Role.FILTER, reads);
            try {
                return FilterBits.mayContain(part.buffer(), key, offset, length);
            } finally {
                part.release();
            }
        } finally {
            parts.clear();
        }
    }
}
