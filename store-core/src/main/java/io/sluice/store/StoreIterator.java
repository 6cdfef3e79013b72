// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.base.StoreException;
import io.sluice.store.iterator.UserIterator;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Walks the keys of one column family in their order, as they stood when the iterator was created. Used by one thread;
 * its opener closes it, before the store: until then it holds on to memtables and files. A fresh iterator stands
 * nowhere.
 */
public final class StoreIterator implements AutoCloseable {
    private static final String ERROR = "store.iterate";

    private final UserIterator iterator;
    private final UnsafeBuffer sought = new UnsafeBuffer(0, 0);

    StoreIterator(UserIterator iterator) {
        this.iterator = iterator;
    }

    /** Whether it stands on a key. */
    public boolean isValid() {
        return iterator.isValid();
    }

    /** Moves to the first key. */
    public void seekToFirst() throws StoreException {
        try {
            iterator.seekToFirst();
        } catch (IOException e) {
            throw StoreException.wrap(ERROR, e);
        }
    }

    /** Moves to the last key. */
    public void seekToLast() throws StoreException {
        try {
            iterator.seekToLast();
        } catch (IOException e) {
            throw StoreException.wrap(ERROR, e);
        }
    }

    /** Moves to the first key at or after {@code key}. */
    public void seek(byte[] key) throws StoreException {
        sought.wrap(key);
        seekSought();
    }

    /** As {@link #seek(byte[])}, by the bytes between position and limit, which stay where they are. */
    public void seek(ByteBuffer key) throws StoreException {
        sought.wrap(key, key.position(), key.remaining());
        seekSought();
    }

    /** Moves to the last key at or before {@code key}. */
    public void seekForPrev(byte[] key) throws StoreException {
        sought.wrap(key);
        seekSoughtForPrev();
    }

    /** As {@link #seekForPrev(byte[])}, by the bytes between position and limit, which stay where they are. */
    public void seekForPrev(ByteBuffer key) throws StoreException {
        sought.wrap(key, key.position(), key.remaining());
        seekSoughtForPrev();
    }

    /**
     * Moves on by one key.
     *
     * @throws IllegalStateException where it stands nowhere
     */
    public void next() throws StoreException {
        try {
            iterator.next();
        } catch (IOException e) {
            throw StoreException.wrap(ERROR, e);
        }
    }

    /**
     * Moves back by one key.
     *
     * @throws IllegalStateException where it stands nowhere
     */
    public void prev() throws StoreException {
        try {
            iterator.prev();
        } catch (IOException e) {
            throw StoreException.wrap(ERROR, e);
        }
    }

    /** A copy of the key here. */
    public byte[] key() {
        return copy(iterator.key());
    }

    /** A copy of the value here. */
    public byte[] value() {
        return copy(iterator.value());
    }

    /**
     * Copies the key here into {@code target} from its position on, and moves its limit to the end of what was copied.
     *
     * @return the key's length, which may be more than there was room for
     */
    public int key(ByteBuffer target) {
        return copy(iterator.key(), target);
    }

    /** As {@link #key(ByteBuffer)}, with the value. */
    public int value(ByteBuffer target) {
        return copy(iterator.value(), target);
    }

    @Override
    public void close() {
        iterator.close();
    }

    private static byte[] copy(DirectBuffer source) {
        byte[] bytes = new byte[source.capacity()];
        source.getBytes(0, bytes);
        return bytes;
    }

    private static int copy(DirectBuffer source, ByteBuffer target) {
        int length = Math.min(source.capacity(), target.remaining());
        source.getBytes(0, target, target.position(), length);
        target.limit(target.position() + length);
        return source.capacity();
    }

    private void seekSoughtForPrev() throws StoreException {
        try {
            iterator.seekForPrev(sought);
        } catch (IOException e) {
            throw StoreException.wrap(ERROR, e);
        }
    }

    private void seekSought() throws StoreException {
        try {
            iterator.seek(sought);
        } catch (IOException e) {
            throw StoreException.wrap(ERROR, e);
        }
    }
}
