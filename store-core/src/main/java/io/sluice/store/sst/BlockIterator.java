// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.StoreException;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Walks the entries of a block that {@link BlockBuilder} draws. Nothing in the block is believed: every length is checked
 * before it is used, and every walk goes on by at least one byte a step. Used by one thread.
 */
abstract class BlockIterator {
    private static final int NOWHERE = -1;

    private final EntryOrder order;
    private final boolean hasValueLength;
    private String where = "";
    private final UnsafeBuffer block = new UnsafeBuffer(0, 0);
    private int restartsOffset;
    private int restartCount;

    private int entryOffset = NOWHERE;
    private int nextOffset;
    private int scan;
    private byte[] keyBytes = new byte[128];
    private int keyLength;
    private final UnsafeBuffer key = new UnsafeBuffer(0, 0);

    BlockIterator(EntryOrder order, boolean hasValueLength) {
        this.order = order;
        this.hasValueLength = hasValueLength;
    }

    /**
     * Takes the value of the entry under way.
     *
     * @param valueLength −1 where the entry does not say
     * @param isDelta whether the entry's key is shortened, and so the value too where the entry has no value length
     * @return the offset behind the value
     */
    abstract int readValue(DirectBuffer bytes, int offset, int limit, int valueLength, boolean isDelta)
            throws StoreException;

    /** Turns to a block's contents, standing nowhere in it; {@code name} names the block in errors. */
    final void reset(String name, DirectBuffer contents) throws StoreException {
        where = name;
        entryOffset = NOWHERE;
        int length = contents.capacity();
        block.wrap(contents);
        if (length < 4) {
            throw error(0, "expected at least 4 bytes, found " + length);
        }
        int packed = intAt(length - 4);
        long count = packed & ~TableFormat.HASH_INDEX_FLAG;
        long restartsEnd = length - 4L;
        if ((packed & TableFormat.HASH_INDEX_FLAG) != 0) {
            // A hash index stands in between: a byte for each bucket and their number, u16. Searches do without it.
            long buckets = restartsEnd < 2 ? 0 : block.getShort(length - 6, ByteOrder.LITTLE_ENDIAN) & 0xffff;
            restartsEnd -= 2 + buckets;
        }
        long restarts = restartsEnd - 4 * count;
        if (count == 0 || restarts < 0) {
            throw error(length - 4, "expected restart points within " + length + " bytes, found " + count);
        }
        restartsOffset = (int) restarts;
        restartCount = (int) count;
        if (intAt(restartsOffset) != 0) {
            throw error(restartsOffset, "expected the first restart point at 0, found " + intAt(restartsOffset));
        }
    }

    final boolean isValid() {
        return entryOffset != NOWHERE;
    }

    /** The key here, a view whose capacity is its length, until the next move. */
    final DirectBuffer key() {
        return key;
    }

    final void seekToFirst() throws StoreException {
        moveTo(0);
    }

    final void seekToLast() throws StoreException {
        moveTo(restart(restartCount - 1));
        while (isValid() && nextOffset < restartsOffset) {
            next();
        }
    }

    /** Moves to the first entry at or after {@code sought}. */
    final void seek(DirectBuffer sought) throws StoreException {
        int low = 0;
        int high = restartCount - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            moveTo(restart(middle));
            if (isValid() && compareKey(sought) < 0) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        moveTo(restart(low));
        while (isValid() && compareKey(sought) < 0) {
            next();
        }
    }

    /** Moves to the last entry at or before {@code sought}. */
    final void seekForPrev(DirectBuffer sought) throws StoreException {
        seek(sought);
        if (!isValid()) {
            seekToLast();
        } else if (compareKey(sought) > 0) {
            prev();
        }
    }

    final void next() throws StoreException {
        read(nextOffset, false);
    }

    final void prev() throws StoreException {
        int here = entryOffset;
        if (here == 0) {
            entryOffset = NOWHERE;
            return;
        }
        int low = 0;
        int high = restartCount - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (restart(middle) < here) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        moveTo(restart(low));
        while (isValid() && nextOffset < here) {
            next();
        }
        if (nextOffset != here) {
            throw error(here, "expected an entry that ends here, found one that ends at " + nextOffset);
        }
    }

    private int compareKey(DirectBuffer sought) {
        return order.comparator().compare(key, sought);
    }

    private void moveTo(int restart) throws StoreException {
        keyLength = 0;
        read(restart, true);
    }

    /** Reads the entry at {@code offset}; stands nowhere where the entries end there. */
    private void read(int offset, boolean isRestart) throws StoreException {
        entryOffset = NOWHERE;
        nextOffset = offset;
        if (offset == restartsOffset) {
            return;
        }
        scan = offset;
        int shared = varint32();
        int unshared = varint32();
        int valueLength = hasValueLength ? varint32() : -1;
        if (shared > (isRestart ? 0 : keyLength)) {
            throw error(offset, "expected at most " + (isRestart ? 0 : keyLength) + " shared bytes, found " + shared);
        }
        if (unshared > restartsOffset - scan || valueLength > restartsOffset - scan - unshared) {
            throw error(
                    offset,
                    "expected at most " + (restartsOffset - scan) + " bytes of key and value, found " + unshared
                            + " and " + valueLength);
        }
        long length = (long) shared + unshared;
        if (length < order.minKeyLength()) {
            throw error(offset, "expected a key of at least " + order.minKeyLength() + " bytes, found " + length);
        }
        keyBytes = Buffers.ensure(keyBytes, length);
        block.getBytes(scan, keyBytes, shared, unshared);
        keyLength = (int) length;
        key.wrap(keyBytes, 0, keyLength);
        int valueOffset = scan + unshared;
        nextOffset = readValue(block, valueOffset, restartsOffset, valueLength, shared != 0);
        entryOffset = offset;
    }

    private int restart(int index) throws StoreException {
        int offset = intAt(restartsOffset + 4 * index);
        if (offset < 0 || offset > restartsOffset) {
            throw error(
                    restartsOffset + 4 * index,
                    "expected a restart point up to " + restartsOffset + ", found " + Integer.toUnsignedString(offset));
        }
        return offset;
    }

    /** Reads a varint at {@link #scan} that fits an int. */
    private int varint32() throws StoreException {
        int value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            if (scan >= restartsOffset) {
                throw error(scan, "expected a number, found the end of the entries");
            }
            byte b = block.getByte(scan++);
            if (b >= 0) {
                value |= b << shift;
                if (value < 0 || (shift == 28 && b > 7)) {
                    break;
                }
                return value;
            }
            value |= (b & 0x7f) << shift;
        }
        throw error(scan, "expected a number below 2^31, found a larger one");
    }

    private int intAt(int offset) {
        return block.getInt(offset, ByteOrder.LITTLE_ENDIAN);
    }

    final StoreException error(int offset, String problem) {
        return StoreException.corruption("sst.block.entry", where + ": at " + offset + " within it: " + problem);
    }
}
