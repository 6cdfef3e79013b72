// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.cache.OffHeapBlock;
import io.sluice.store.cache.OffHeapCache.Role;
import io.sluice.store.iterator.InternalIterator;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** Walks a table: the index says where a key's block is, and one data block at a time is held. Used by one thread. */
final class TableIterator implements InternalIterator {
    private static final long NOWHERE = -1;

    private final TableBlocks blocks;
    private final BlockReads reads;
    private final IndexIterator index = new IndexIterator();
    private final DataBlockIterator data;
    private final Runnable onClose;
    private final long newest;
    private final @Nullable TableFilter filter;
    private final TableScratch scratch = new TableScratch();
    private @Nullable OffHeapBlock block;
    private long loadedOffset = NOWHERE;
    private boolean isValid;
    private boolean closed;

    /**
     * An iterator that stands nowhere.
     *
     * @param sequence of all entries, or {@link DataBlockIterator#NO_SEQUENCE}
     * @param newest no entry is newer
     * @param onClose run once, when it is closed
     */
    TableIterator(
            TableIndex index,
            @Nullable TableFilter filter,
            EntryOrder order,
            long sequence,
            long newest,
            BlockReads reads,
            Runnable onClose)
            throws IOException {
        this.filter = filter;
        this.blocks = index.blocks();
        this.reads = reads;
        this.onClose = onClose;
        this.newest = newest;
        this.data = new DataBlockIterator(order);
        this.data.overrideSequence(sequence);
        this.index.begin(index, reads);
    }

    @Override
    public boolean isValid() {
        return isValid;
    }

    @Override
    public void seekToFirst() throws IOException {
        begin();
        index.seekToFirst();
        if (loadBlock()) {
            data.seekToFirst();
            goOnWhileAtEnd();
        }
    }

    @Override
    public void seekToLast() throws IOException {
        begin();
        index.seekToLast();
        if (loadBlock()) {
            data.seekToLast();
            goBackWhileAtEnd();
        }
    }

    @Override
    public void seek(DirectBuffer internalKey) throws IOException {
        begin();
        PrefixExtractor prefix = reads.seekPrefix();
        if (prefix != null && filter != null && !filter.mayContainPrefix(internalKey, prefix, scratch, reads)) {
            return;
        }
        index.seek(internalKey);
        if (loadBlock()) {
            data.seek(internalKey);
            goOnWhileAtEnd();
        }
    }

    @Override
    public void seekForPrev(DirectBuffer internalKey) throws IOException {
        begin();
        index.seek(internalKey);
        if (!index.isValid()) {
            seekToLast(); // every block's keys are below
            return;
        }
        if (loadBlock()) {
            data.seekForPrev(internalKey);
            goBackWhileAtEnd();
        }
    }

    @Override
    public void next() throws IOException {
        requireValid();
        isValid = false;
        data.next();
        goOnWhileAtEnd();
    }

    @Override
    public void prev() throws IOException {
        requireValid();
        isValid = false;
        data.prev();
        goBackWhileAtEnd();
    }

    @Override
    public boolean skipForward(DirectBuffer internalKey, long sequence) throws IOException {
        if (newest > sequence) {
            return false;
        }
        seek(internalKey);
        return true;
    }

    @Override
    public boolean skipBackward(DirectBuffer internalKey, long sequence) throws IOException {
        if (newest > sequence) {
            return false;
        }
        seekForPrev(internalKey);
        return true;
    }

    @Override
    public DirectBuffer key() {
        requireValid();
        return data.key();
    }

    @Override
    public DirectBuffer value() {
        requireValid();
        return data.value();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            isValid = false;
            release();
            index.end();
            onClose.run();
        }
    }

    private void begin() {
        if (closed) {
            throw new IllegalStateException("the table's iterator is closed");
        }
        isValid = false;
    }

    private void goOnWhileAtEnd() throws IOException {
        while (!data.isValid()) {
            index.next();
            if (!loadBlock()) {
                return;
            }
            data.seekToFirst();
        }
        isValid = true;
    }

    private void goBackWhileAtEnd() throws IOException {
        while (!data.isValid()) {
            index.prev();
            if (!loadBlock()) {
                return;
            }
            data.seekToLast();
        }
        isValid = true;
    }

    /** Turns to the block that the index stands on; false where it stands nowhere. */
    private boolean loadBlock() throws IOException {
        if (!index.isValid()) {
            return false;
        }
        long offset = index.targetOffset();
        if (offset != loadedOffset) {
            release();
            OffHeapBlock read = blocks.get(offset, index.targetLength(), Role.DATA, reads);
            block = read;
            data.reset(blocks.name(), offset, read.buffer());
            loadedOffset = offset;
        }
        return true;
    }

    private void release() {
        loadedOffset = NOWHERE;
        data.clear();
        OffHeapBlock held = block;
        block = null;
        if (held != null) {
            held.release();
        }
    }

    private void requireValid() {
        if (!isValid) {
            throw new IllegalStateException("the iterator stands on no entry");
        }
    }
}
