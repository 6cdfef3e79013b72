// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import io.sluice.store.base.InternalKey;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What {@link Memtable#get} found: a flyweight that its user keeps and uses again. Its views are valid while a reference
 * to the memtable is held. Used by one thread.
 */
public final class MemtableLookup {
    private final UnsafeBuffer value = new UnsafeBuffer(0, 0);
    private int node;
    private long trailer;

    /** The {@link io.sluice.store.base.ValueType} of the newest visible entry. */
    public byte type() {
        return InternalKey.type(trailer);
    }

    /** Its sequence number. */
    public long sequence() {
        return InternalKey.sequence(trailer);
    }

    /** Its value, as a view whose capacity is its length; empty for a deletion. */
    public DirectBuffer value() {
        return value;
    }

    int node() {
        return node;
    }

    void set(int foundNode, long foundTrailer, UnsafeBuffer buffer, int offset, int length) {
        node = foundNode;
        trailer = foundTrailer;
        value.wrap(buffer, offset, length);
    }
}
