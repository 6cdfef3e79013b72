// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import static io.sluice.store.memtable.MemtableFormat.KEY_LENGTH_OFFSET;
import static io.sluice.store.memtable.MemtableFormat.KEY_OFFSET;
import static io.sluice.store.memtable.MemtableFormat.NONE;
import static io.sluice.store.memtable.MemtableFormat.VALUE_LENGTH_OFFSET;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.sluice.store.base.InternalKey;
import io.sluice.store.iterator.InternalIterator;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Walks a memtable that may be written meanwhile. A backward step costs a search, for nodes link forward only. Keys and
 * values are views of the memtable's own bytes.
 */
final class MemtableIterator implements InternalIterator {
    private final Memtable memtable;
    private final Arena arena;
    private final SkipList list;
    private final UnsafeBuffer key = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer value = new UnsafeBuffer(0, 0);
    private int node = NONE;
    private boolean closed;

    /** Takes over a reference to the memtable. */
    MemtableIterator(Memtable memtable, Arena arena, SkipList list) {
        this.memtable = memtable;
        this.arena = arena;
        this.list = list;
    }

    @Override
    public boolean isValid() {
        return node != NONE;
    }

    @Override
    public void seekToFirst() {
        checkOpen();
        moveTo(list.next(NONE));
    }

    @Override
    public void seekToLast() {
        checkOpen();
        moveTo(list.findLast());
    }

    @Override
    public void seek(DirectBuffer target) {
        checkOpen();
        moveTo(list.findAtOrAfter(target, 0, InternalKey.userKeyLength(target), InternalKey.trailer(target)));
    }

    @Override
    public void seekForPrev(DirectBuffer target) {
        checkOpen();
        int length = InternalKey.userKeyLength(target);
        long trailer = InternalKey.trailer(target);
        int found = list.findAtOrAfter(target, 0, length, trailer);
        if (found == NONE
                || list.compare(found, MemtableFormat.prefix(target, 0, length), target, 0, length, trailer) != 0) {
            found = list.findBefore(target, 0, length, trailer);
        }
        moveTo(found);
    }

    @Override
    public void next() {
        checkValid();
        moveTo(list.next(node));
    }

    @Override
    public void prev() {
        checkValid();
        moveTo(list.findBefore(key, 0, InternalKey.userKeyLength(key), InternalKey.trailer(key)));
    }

    @Override
    public boolean skipForward(DirectBuffer target, long sequence) {
        if (memtable.largestSequence() > sequence) {
            return false;
        }
        seek(target);
        return true;
    }

    @Override
    public boolean skipBackward(DirectBuffer target, long sequence) {
        if (memtable.largestSequence() > sequence) {
            return false;
        }
        seekForPrev(target);
        return true;
    }

    @Override
    public DirectBuffer key() {
        checkValid();
        return key;
    }

    @Override
    public DirectBuffer value() {
        checkValid();
        return value;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            node = NONE;
            memtable.release();
        }
    }

    private void moveTo(int target) {
        node = target;
        if (target == NONE) {
            return;
        }
        UnsafeBuffer buffer = arena.buffer(target);
        int at = arena.offset(target);
        int keyLength = buffer.getInt(at + KEY_LENGTH_OFFSET, LITTLE_ENDIAN) + InternalKey.TRAILER_LENGTH;
        key.wrap(buffer, at + KEY_OFFSET, keyLength);
        value.wrap(buffer, at + KEY_OFFSET + keyLength, buffer.getInt(at + VALUE_LENGTH_OFFSET, LITTLE_ENDIAN));
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the memtable's iterator is closed");
        }
    }

    private void checkValid() {
        if (node == NONE) {
            throw new IllegalStateException(
                    closed ? "the memtable's iterator is closed" : "the memtable's iterator stands on no entry");
        }
    }
}
