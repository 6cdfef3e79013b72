// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.StoreException;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Walks the entries of a block that {@link BlockBuilder} draws. Nothing in the block is believed: every length is checked
 * before it is used, and every walk goes on by at least one byte a step. Used by one thread, for one block after another.
 *
 * <p>Values may stand apart ({@code data_block_footer.h}): then they fill, in the order of their keys, what is between
 * the entries and the restart points, and only the entry of a restart point says where its own begins.
 *
 * <p>Behind the restart points there may be a hash index ({@code data_block_hash_index.h}): a byte for each bucket and
 * their number, u16. A bucket names the restart point before all entries of the user keys that fall into it, or says that
 * there are none, or that there are several points.
 */
abstract class BlockIterator {
    private static final int NOWHERE = -1;
    /** {@code kNoEntry} and {@code kCollision} in {@code data_block_hash_index.h}. */
    private static final int EMPTY_BUCKET = 255;

    private static final int SHARED_BUCKET = 254;

    private final boolean hasValueLength;
    private EntryOrder order;
    private String file = "";
    private long blockOffset;
    private final UnsafeBuffer block = new UnsafeBuffer(0, 0);
    private int restartsOffset;
    private int restartCount;
    /** Where the entries end: at the restart points, or at the values that stand apart. */
    private int entriesEnd;

    private boolean isSeparated;
    private int bucketsOffset;
    private int bucketCount;

    private int entryOffset = NOWHERE;
    private int nextOffset;
    /** The restart point that comes next, counted where values stand apart. */
    private int nextRestart;
    /** The end of the value here, where values stand apart. */
    private int valueEnd;

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

    /** Changes the copy of the key under way to what is shown of it. */
    void completeKey(byte[] bytes, int length, UnsafeBuffer view) {}

    /** Whether entries tell the lengths of their values. */
    boolean hasValueLength() {
        return hasValueLength;
    }

    /** Turns to blocks of another order. */
    final void order(EntryOrder ofNextBlock) {
        order = ofNextBlock;
    }

    /**
     * Turns to a block's contents, standing nowhere in it.
     *
     * @param fileName names the file in errors
     * @param offset of the block in its file, for errors
     */
    final void reset(String fileName, long offset, DirectBuffer contents) throws StoreException {
        file = fileName;
        blockOffset = offset;
        entryOffset = NOWHERE;
        int length = contents.capacity();
        block.wrap(contents);
        if (length < 4) {
            throw error(0, "expected at least 4 bytes, found " + length);
        }
        int packed = intAt(length - 4);
        int flags = TableFormat.HASH_INDEX_FLAG | TableFormat.UNIFORM_KEYS_FLAG | TableFormat.SEPARATED_VALUES_FLAG;
        long count = packed & ~flags;
        if (count < 0 || count > TableFormat.MAX_RESTARTS) {
            throw error(length - 4, "expected known features, found " + Integer.toHexString(packed));
        }
        long restartsEnd = length - 4L;
        long values = -1;
        if ((packed & TableFormat.SEPARATED_VALUES_FLAG) != 0) {
            restartsEnd -= 4;
            values = restartsEnd < 0 ? Long.MAX_VALUE : intAt((int) restartsEnd) & 0xffffffffL;
        }
        bucketCount = 0;
        if ((packed & TableFormat.HASH_INDEX_FLAG) != 0) {
            bucketCount = restartsEnd < 2 ? 0 : block.getShort((int) restartsEnd - 2, ByteOrder.LITTLE_ENDIAN) & 0xffff;
            restartsEnd -= 2L + bucketCount;
        }
        long restarts = restartsEnd - 4 * count;
        if (count == 0 || restarts < 0 || values > restarts) {
            throw error(length - 4, "expected restart points within " + length + " bytes, found " + count);
        }
        restartsOffset = (int) restarts;
        bucketsOffset = (int) restartsEnd;
        restartCount = (int) count;
        isSeparated = values >= 0;
        entriesEnd = isSeparated ? (int) values : restartsOffset;
        if (intAt(restartsOffset) != 0) {
            throw error(restartsOffset, "expected the first restart point at 0, found " + intAt(restartsOffset));
        }
    }

    /** Lets go of the block: its bytes are not looked at any more. */
    final void clear() {
        entryOffset = NOWHERE;
        block.wrap(0, 0);
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
        moveTo(restartCount - 1);
        while (isValid() && nextOffset < entriesEnd) {
            next();
        }
    }

    /** Moves to the first entry at or after {@code sought}. */
    final void seek(DirectBuffer sought) throws StoreException {
        int low = 0;
        int high = restartCount - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (isRestartBelow(middle, sought)) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        moveTo(low);
        while (isValid() && compareKey(sought) < 0) {
            next();
        }
    }

    /** Whether {@link #seekByHash} has something to go by. */
    final boolean hasHashIndex() {
        return bucketCount > 0;
    }

    /**
     * As {@link #seek}, for one who wants entries of the sought user key only: stands nowhere, perhaps, where there are
     * none of it from the sought key on.
     *
     * @param hash of the user key, with the seed of hash indexes
     */
    final void seekByHash(DirectBuffer sought, int hash) throws StoreException {
        int bucket = block.getByte(bucketsOffset + Integer.remainderUnsigned(hash, bucketCount)) & 0xff;
        if (bucket == EMPTY_BUCKET) {
            entryOffset = NOWHERE;
            return;
        }
        if (bucket == SHARED_BUCKET) {
            seek(sought);
            return;
        }
        if (bucket >= restartCount) {
            throw error(
                    bucketsOffset, "expected a bucket of one of " + restartCount + " restart points, found " + bucket);
        }
        int end = bucket + 1 < restartCount ? restart(bucket + 1) : entriesEnd;
        moveTo(bucket);
        while (isValid() && compareKey(sought) < 0) {
            if (nextOffset >= end) {
                entryOffset = NOWHERE;
                return;
            }
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
        boolean isRestart = isSeparated && nextRestart < restartCount && restart(nextRestart) == nextOffset;
        read(nextOffset, isRestart);
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
        moveTo(low);
        while (isValid() && nextOffset < here) {
            next();
        }
        if (nextOffset != here) {
            throw error(here, "expected an entry that ends here, found one that ends at " + nextOffset);
        }
    }

    private int compareKey(DirectBuffer sought) {
        return order.compare(key, 0, keyLength, sought);
    }

    /** Whether the entry at a restart point, whose key stands whole in the block, is below {@code sought}. */
    private boolean isRestartBelow(int index, DirectBuffer sought) throws StoreException {
        int offset = restart(index);
        if (offset == entriesEnd) {
            return false;
        }
        scan = offset;
        int shared = varint32();
        int length = varint32();
        if (hasValueLength()) {
            varint32();
        }
        if (isSeparated) {
            varint32();
        }
        if (shared != 0 || length > entriesEnd - scan || length < order.minKeyLength()) {
            throw error(offset, "expected a whole key, found " + length + " bytes of it and " + shared + " shared");
        }
        return order.compare(block, scan, length, sought) < 0;
    }

    private void moveTo(int restart) throws StoreException {
        keyLength = 0;
        nextRestart = restart;
        read(restart(restart), true);
    }

    /** Reads the entry at {@code offset}; stands nowhere where the entries end there. */
    private void read(int offset, boolean isRestart) throws StoreException {
        entryOffset = NOWHERE;
        nextOffset = offset;
        if (offset == entriesEnd) {
            return;
        }
        scan = offset;
        int shared = varint32();
        int unshared = varint32();
        int valueLength = hasValueLength() ? varint32() : -1;
        if (isSeparated && isRestart) {
            nextRestart++;
            valueEnd = entriesEnd + boundedValueOffset(varint32());
        }
        int known = isRestart ? 0 : keyLength;
        if (shared > known) {
            throw error(offset, "expected at most " + known + " shared bytes, found " + shared);
        }
        int valueRoom = isSeparated ? restartsOffset - valueEnd : entriesEnd - scan - unshared;
        if (unshared > entriesEnd - scan || valueLength > valueRoom) {
            throw error(
                    offset,
                    "expected at most " + (entriesEnd - scan) + " bytes of key and value, found " + unshared + " and "
                            + valueLength);
        }
        long length = (long) shared + unshared;
        if (length < order.minKeyLength()) {
            throw error(offset, "expected a key of at least " + order.minKeyLength() + " bytes, found " + length);
        }
        keyBytes = Buffers.ensure(keyBytes, length);
        block.getBytes(scan, keyBytes, shared, unshared);
        keyLength = (int) length;
        key.wrap(keyBytes, 0, keyLength);
        completeKey(keyBytes, keyLength, key);
        int keyEnd = scan + unshared;
        if (isSeparated) {
            valueEnd = readValue(block, valueEnd, restartsOffset, valueLength, shared != 0);
            nextOffset = keyEnd;
        } else {
            nextOffset = readValue(block, keyEnd, entriesEnd, valueLength, shared != 0);
        }
        entryOffset = offset;
    }

    private int boundedValueOffset(int offset) throws StoreException {
        if (offset > restartsOffset - entriesEnd) {
            throw error(
                    scan,
                    "expected a value within " + (restartsOffset - entriesEnd) + " bytes, found one at " + offset);
        }
        return offset;
    }

    private int restart(int index) throws StoreException {
        int offset = intAt(restartsOffset + 4 * index);
        if (offset < 0 || offset > entriesEnd) {
            throw error(
                    restartsOffset + 4 * index,
                    "expected a restart point up to " + entriesEnd + ", found " + Integer.toUnsignedString(offset));
        }
        return offset;
    }

    /** Reads a varint at {@link #scan} that fits an int. */
    private int varint32() throws StoreException {
        if (scan < entriesEnd) {
            byte first = block.getByte(scan);
            if (first >= 0) {
                scan++;
                return first;
            }
        }
        return longVarint32();
    }

    private int longVarint32() throws StoreException {
        int value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            if (scan >= entriesEnd) {
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
        return StoreException.corruption(
                "sst.block.entry", BlockPlace.of(file, blockOffset) + ": at " + offset + " within it: " + problem);
    }
}
