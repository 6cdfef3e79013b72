// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.iterator.InternalIterator;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** Walks a table: the index says where a key's block is, and one data block at a time is held. Used by one thread. */
final class TableIterator implements InternalIterator {
    private final BlockSource source;
    private final IndexBlockIterator index;
    private final DataBlockIterator data;
    private @Nullable BlockContents contents;
    private @Nullable BlockHandle loaded;
    private boolean isValid;

    TableIterator(BlockSource source, IndexBlockIterator index, EntryOrder order) {
        this.source = source;
        this.index = index;
        this.data = new DataBlockIterator(order);
    }

    @Override
    public boolean isValid() {
        return isValid;
    }

    @Override
    public void seekToFirst() throws IOException {
        isValid = false;
        index.seekToFirst();
        if (loadBlock()) {
            data.seekToFirst();
            goOnWhileAtEnd();
        }
    }

    @Override
    public void seekToLast() throws IOException {
        isValid = false;
        index.seekToLast();
        if (loadBlock()) {
            data.seekToLast();
            goBackWhileAtEnd();
        }
    }

    @Override
    public void seek(DirectBuffer internalKey) throws IOException {
        isValid = false;
        index.seek(internalKey);
        if (loadBlock()) {
            data.seek(internalKey);
            goOnWhileAtEnd();
        }
    }

    @Override
    public void seekForPrev(DirectBuffer internalKey) throws IOException {
        isValid = false;
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
        isValid = false;
        release();
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
        BlockHandle handle = index.handle();
        if (!handle.equals(loaded)) {
            release();
            BlockContents read = source.read(handle);
            contents = read;
            data.reset(TableReader.where(source, handle), read.buffer());
            loaded = handle;
        }
        return true;
    }

    private void release() {
        loaded = null;
        if (contents != null) {
            contents.close();
            contents = null;
        }
    }

    private void requireValid() {
        if (!isValid) {
            throw new IllegalStateException("the iterator stands on no entry");
        }
    }
}
