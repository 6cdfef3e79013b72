// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.Slice;
import io.sluice.store.cache.OffHeapBlock;
import io.sluice.store.cache.OffHeapCache.Role;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Walks a table's index, in one block or in parts: each place names a data block. Used by one thread, for one table after
 * another, between {@link #begin} and {@link #end}; holds the index's blocks meanwhile.
 */
final class IndexIterator {
    private static final long NOWHERE = -1;

    private final IndexBlockIterator top = new IndexBlockIterator(EntryOrder.ofNames());
    private final IndexBlockIterator part = new IndexBlockIterator(EntryOrder.ofNames());
    private BlockReads reads = BlockReads.DEFAULT;
    private @Nullable TableIndex index;
    private @Nullable OffHeapBlock root;
    private @Nullable OffHeapBlock partBlock;
    private long partOffset = NOWHERE;
    /** Where the data blocks are named: {@code top} itself, unless the index is in parts. */
    private IndexBlockIterator leaf = top;

    /** Turns to a table's index, standing nowhere in it. */
    void begin(TableIndex table, BlockReads blockReads) throws IOException {
        end();
        reads = blockReads;
        OffHeapBlock block = table.acquireRoot(blockReads);
        index = table;
        root = block;
        leaf = table.isPartitioned() ? part : top;
        table.prepareRoot(top, block);
    }

    /** Lets go of the table's index. Doing so again does nothing. */
    void end() {
        releasePart();
        top.clear();
        OffHeapBlock block = root;
        root = null;
        TableIndex table = index;
        index = null;
        if (block != null && table != null) {
            table.releaseRoot(block);
        }
    }

    boolean isValid() {
        return leaf.isValid();
    }

    /** Where the data block is that stands here. */
    long targetOffset() {
        return leaf.targetOffset();
    }

    /** Its length. */
    long targetLength() {
        return leaf.targetLength();
    }

    /** A user key at or above all of the block that stands here, and below all behind it. */
    Slice userKey() {
        TableIndex table = index;
        if (table == null) {
            throw new IllegalStateException("the iterator has no index");
        }
        return table.order().userKey(leaf.key());
    }

    /** Whether no block after the one here has entries of the internal key's user key. */
    boolean isLastOf(DirectBuffer internalKey) {
        TableIndex table = index;
        return table != null && table.order().isUserKeyAbove(leaf.key(), internalKey);
    }

    void seekToFirst() throws IOException {
        top.seekToFirst();
        if (leaf != top && loadPart()) {
            part.seekToFirst();
            goOnWhileAtEnd();
        }
    }

    void seekToLast() throws IOException {
        top.seekToLast();
        if (leaf != top && loadPart()) {
            part.seekToLast();
            goBackWhileAtEnd();
        }
    }

    /** Moves to the first block whose entries may be at or after the key. */
    void seek(DirectBuffer internalKey) throws IOException {
        top.seek(internalKey);
        if (leaf != top && loadPart()) {
            part.seek(internalKey);
            goOnWhileAtEnd();
        }
    }

    void next() throws IOException {
        long end = leaf.targetEnd();
        leaf.next();
        if (leaf != top) {
            goOnWhileAtEnd();
        }
        if (leaf.isValid()) {
            leaf.checkBehind(end);
        }
    }

    void prev() throws IOException {
        long offset = leaf.targetOffset();
        leaf.prev();
        if (leaf != top) {
            goBackWhileAtEnd();
        }
        if (leaf.isValid()) {
            leaf.checkBefore(offset);
        }
    }

    private void goOnWhileAtEnd() throws IOException {
        while (!part.isValid()) {
            long end = top.targetEnd();
            top.next();
            if (top.isValid()) {
                top.checkBehind(end);
            }
            if (!loadPart()) {
                return;
            }
            part.seekToFirst();
        }
    }

    private void goBackWhileAtEnd() throws IOException {
        while (!part.isValid()) {
            long offset = top.targetOffset();
            top.prev();
            if (top.isValid()) {
                top.checkBefore(offset);
            }
            if (!loadPart()) {
                return;
            }
            part.seekToLast();
        }
    }

    /** Turns to the part that {@code top} stands on; false where it stands nowhere. */
    private boolean loadPart() throws IOException {
        TableIndex table = index;
        if (table == null || !top.isValid()) {
            releasePart();
            return false;
        }
        long offset = top.targetOffset();
        if (offset != partOffset) {
            releasePart();
            OffHeapBlock block = table.blocks().get(offset, top.targetLength(), Role.INDEX, reads);
            partBlock = block;
            table.preparePart(part, offset, block);
            partOffset = offset;
        }
        return true;
    }

    private void releasePart() {
        part.clear();
        partOffset = NOWHERE;
        OffHeapBlock block = partBlock;
        partBlock = null;
        if (block != null) {
            block.release();
        }
    }
}
