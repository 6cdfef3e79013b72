// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** The entry at which a walk over a batch stands. A flyweight; used by one thread. */
abstract class BatchEntry {
    DirectBuffer buffer = new UnsafeBuffer(0, 0);
    int columnFamily;
    byte type;
    int keyOffset;
    int keyLength;
    int valueOffset;
    int valueLength;

    /** The bytes that the offsets point into. */
    public DirectBuffer buffer() {
        return buffer;
    }

    /** The id of the entry's column family. */
    public int columnFamily() {
        return columnFamily;
    }

    /** Its {@link io.sluice.store.base.ValueType}. */
    public byte type() {
        return type;
    }

    /** Where its key begins. */
    public int keyOffset() {
        return keyOffset;
    }

    /** Bytes of its key. */
    public int keyLength() {
        return keyLength;
    }

    /** Where its value begins. */
    public int valueOffset() {
        return valueOffset;
    }

    /** Bytes of its value; 0 for a deletion. */
    public int valueLength() {
        return valueLength;
    }
}
