// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.ValueType;
import java.nio.ByteOrder;
import org.agrona.BitUtil;
import org.agrona.DirectBuffer;

/**
 * Where things are in a memtable's memory: the same bytes serve gets and puts, travel to a worker, and are walked there.
 * All numbers are little-endian. {@code docs/formats/memtable.md} tells the rest.
 *
 * <p>A <i>reference</i> is a 31-bit number: {@code slot << (log2(chunkLength) - 3) | position / 8}. Each block takes as
 * many slots as it has chunks; references go to its first slot only. 0 means none, for a node's tower stands before the
 * place it is referred to by.
 *
 * <pre>
 *          tower: next node of each level, top level first          reference points here, 8-byte aligned
 *                                                                   |
 *  +-----------+-----+----------+----------+----------+----------+--v---------+------------+--------------+
 *  | pad (0|4) | ... | next[2]  | next[1]  | next[0]  | prefix (8)            | key length | value length |
 *  |           |     | (4)      | (4)      | (4)      |                       | (4)        | (4)          |
 *  +-----------+-----+----------+----------+----------+-----------------------+------------+--------------+
 *  | user key (n)    | trailer: type (1), sequence (7) | value (m)            | pad to a multiple of 8    |
 *  +-----------------+---------------------------------+----------------------+---------------------------+
 * </pre>
 *
 * The prefix is the user key's first eight bytes as a big-endian number, filled up with zeros: in the bytewise order it
 * decides most comparisons without a look at the key.
 */
final class MemtableFormat {
    /** The version of this layout and of its header. */
    static final int VERSION = 2;

    /** Most levels of a tower. With a quarter of each level's nodes in the next it serves 4^12 entries. */
    static final int MAX_HEIGHT = 12;

    /** The reference to nothing, and to the head. */
    static final int NONE = 0;

    static final int PREFIX_OFFSET = 0;
    static final int KEY_LENGTH_OFFSET = 8;
    static final int VALUE_LENGTH_OFFSET = 12;
    static final int KEY_OFFSET = 16;
    static final int PREFIX_LENGTH = 8;

    /** Bytes that a reference counts in. */
    static final int UNIT = 8;

    /** Bits of a reference. */
    static final int REFERENCE_BITS = 31;

    /** Bytes of the smallest node: one level, empty key and value. */
    static final int MIN_NODE_LENGTH = UNIT + KEY_OFFSET + InternalKey.TRAILER_LENGTH;

    private MemtableFormat() {}

    /** Where the link of a level stands, from the node's place. */
    static int linkOffset(int level) {
        return -Integer.BYTES * (level + 1);
    }

    /** Bytes before a node's place that its tower takes. */
    static int towerLength(int height) {
        return BitUtil.align(height * Integer.BYTES, UNIT);
    }

    /** Bytes of a node with the highest tower. */
    static long maxNodeLength(int keyLength, int valueLength) {
        return towerLength(MAX_HEIGHT) + entryLength(keyLength, valueLength);
    }

    /** Bytes of a node from its place on. */
    static long entryLength(int keyLength, int valueLength) {
        return BitUtil.align((long) KEY_OFFSET + keyLength + InternalKey.TRAILER_LENGTH + valueLength, UNIT);
    }

    /** Slots that references reach. */
    static int maxSlots(int chunkLength) {
        return 1 << (REFERENCE_BITS - slotShift(chunkLength));
    }

    /** How far a reference is shifted to get its slot. */
    static int slotShift(int chunkLength) {
        return Integer.numberOfTrailingZeros(chunkLength) - Integer.numberOfTrailingZeros(UNIT);
    }

    /** Whether a {@link ValueType} may stand in the list of entries. Range deletions have a list of their own. */
    static boolean isEntryType(byte type) {
        return type == ValueType.VALUE
                || type == ValueType.DELETION
                || type == ValueType.MERGE
                || type == ValueType.SINGLE_DELETION;
    }

    /** The first bytes of a key, as an unsigned number that orders like them. */
    static long prefix(DirectBuffer key, int offset, int length) {
        if (length >= PREFIX_LENGTH) {
            return key.getLong(offset, ByteOrder.BIG_ENDIAN);
        }
        long prefix = 0;
        for (int i = 0; i < length; i++) {
            prefix |= (key.getByte(offset + i) & 0xffL) << (56 - 8 * i);
        }
        return prefix;
    }
}
