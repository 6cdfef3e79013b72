// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import static io.sluice.store.memtable.MemtableFormat.KEY_LENGTH_OFFSET;
import static io.sluice.store.memtable.MemtableFormat.KEY_OFFSET;
import static io.sluice.store.memtable.MemtableFormat.NONE;
import static io.sluice.store.memtable.MemtableFormat.PREFIX_OFFSET;
import static io.sluice.store.memtable.MemtableFormat.UNIT;
import static io.sluice.store.memtable.MemtableFormat.VALUE_LENGTH_OFFSET;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.ForwardIterator;
import io.sluice.store.memtable.SealedLayout.EntryList;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Walks the lowest level of a shipped skip list: that of the entries, or that of the range deletions.
 *
 * <p>Invariants, whatever the bytes are: a field is read once, and checked before it is used; every range that is read or
 * given out lies within its block; each key given out is above the one before; no more entries than the layout counts
 * are given out, and the end is told only when it comes exactly there.
 */
final class SealedMemtableIterator implements ForwardIterator {
    private static final int MIN_TOWER_LENGTH = UNIT;

    private final SealedLayout layout;
    private final EntryList list;
    private final boolean isOfRanges;
    private final KeyComparator comparator;
    private final UnsafeBuffer[] blocks;
    private final int[] blockOfSlot;
    private final int slotShift;
    private final int positionMask;

    private final UnsafeBuffer key = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer value = new UnsafeBuffer(0, 0);
    private boolean valid;
    private long prefix;
    private int following = NONE;
    private long walked;
    private long walkedLength;

    SealedMemtableIterator(
            SealedLayout layout,
            boolean isOfRanges,
            KeyComparator comparator,
            UnsafeBuffer[] blocks,
            int[] blockOfSlot) {
        this.layout = layout;
        this.list = isOfRanges ? layout.rangeDeletions() : layout.entries();
        this.isOfRanges = isOfRanges;
        this.comparator = comparator;
        this.blocks = blocks;
        this.blockOfSlot = blockOfSlot;
        this.slotShift = MemtableFormat.slotShift(layout.chunkLength());
        this.positionMask = (1 << slotShift) - 1;
    }

    @Override
    public boolean isValid() {
        return valid;
    }

    @Override
    public void seekToFirst() throws StoreException {
        walked = 0;
        walkedLength = 0;
        moveTo(list.head());
    }

    @Override
    public void next() throws StoreException {
        checkValid();
        moveTo(following);
    }

    @Override
    public void seek(DirectBuffer target) throws StoreException {
        int length = InternalKey.userKeyLength(target);
        long trailer = InternalKey.trailer(target);
        seekToFirst();
        while (valid) {
            int order = comparator.compare(key, 0, InternalKey.userKeyLength(key), target, 0, length);
            if (order > 0 || (order == 0 && Long.compareUnsigned(InternalKey.trailer(key), trailer) <= 0)) {
                return;
            }
            next();
        }
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
        valid = false;
    }

    private void moveTo(int reference) throws StoreException {
        valid = false;
        if (reference == NONE) {
            checkEnd();
            return;
        }
        if (walked == list.count()) {
            throw corrupt("entry_count", reference, "goes on after entry " + walked + ", the last by its layout");
        }
        int slot = reference >>> slotShift;
        if (reference < 0 || slot >= blockOfSlot.length || blockOfSlot[slot] < 0) {
            throw corrupt("reference", reference, "points to slot " + slot + ", where no block starts");
        }
        UnsafeBuffer block = blocks[blockOfSlot[slot]];
        int at = (reference & positionMask) * UNIT;
        if (at < MIN_TOWER_LENGTH || at + KEY_OFFSET + InternalKey.TRAILER_LENGTH > block.capacity()) {
            throw corrupt("reference", reference, "points to " + at + " in a block of " + block.capacity() + " bytes");
        }
        int keyLength = block.getInt(at + KEY_LENGTH_OFFSET, LITTLE_ENDIAN);
        int valueLength = block.getInt(at + VALUE_LENGTH_OFFSET, LITTLE_ENDIAN);
        long end = (long) at + KEY_OFFSET + keyLength + InternalKey.TRAILER_LENGTH + valueLength;
        if (keyLength < 0 || valueLength < 0 || end > block.capacity()) {
            throw corrupt(
                    "length",
                    reference,
                    "has a key of " + Integer.toUnsignedString(keyLength) + " and a value of "
                            + Integer.toUnsignedString(valueLength) + " bytes at " + at + " in a block of "
                            + block.capacity());
        }
        checkEntry(reference, block, at, keyLength);
        key.wrap(block, at + KEY_OFFSET, keyLength + InternalKey.TRAILER_LENGTH);
        value.wrap(block, at + KEY_OFFSET + keyLength + InternalKey.TRAILER_LENGTH, valueLength);
        following = block.getInt(at + MemtableFormat.linkOffset(0), LITTLE_ENDIAN);
        walked++;
        walkedLength += keyLength + (long) valueLength;
        valid = true;
    }

    /** Checks what the key says, against itself, the layout and the key before. */
    private void checkEntry(int reference, UnsafeBuffer block, int at, int keyLength) throws StoreException {
        int keyOffset = at + KEY_OFFSET;
        long trailer = block.getLong(keyOffset + keyLength, LITTLE_ENDIAN);
        long sequence = InternalKey.sequence(trailer);
        byte type = InternalKey.type(trailer);
        if (isOfRanges ? type != ValueType.RANGE_DELETION : !MemtableFormat.isEntryType(type)) {
            throw corrupt("type", reference, "has type " + type);
        }
        if (sequence < layout.smallestSequence() || sequence > layout.largestSequence()) {
            throw corrupt(
                    "sequence",
                    reference,
                    "has sequence number " + sequence + ", expected " + layout.smallestSequence() + " to "
                            + layout.largestSequence());
        }
        long entryPrefix = MemtableFormat.prefix(block, keyOffset, keyLength);
        if (entryPrefix != block.getLong(at + PREFIX_OFFSET, LITTLE_ENDIAN)) {
            throw corrupt("prefix", reference, "has a prefix that is not its key's");
        }
        if (walked > 0 && compareWithPrevious(entryPrefix, block, keyOffset, keyLength, trailer) <= 0) {
            throw corrupt("order", reference, "is not above the entry before, which is number " + walked);
        }
        prefix = entryPrefix;
    }

    private int compareWithPrevious(long entryPrefix, UnsafeBuffer block, int offset, int length, long trailer) {
        if (comparator.isBytewise() && entryPrefix != prefix) {
            return Long.compareUnsigned(entryPrefix, prefix);
        }
        int order = comparator.compare(block, offset, length, key, 0, InternalKey.userKeyLength(key));
        if (order != 0) {
            return order;
        }
        // Without the types: no two entries of a key have the same sequence number.
        return Long.compare(InternalKey.sequence(InternalKey.trailer(key)), InternalKey.sequence(trailer));
    }

    private void checkEnd() throws StoreException {
        if (walked != list.count()) {
            throw SealedMemtableReader.corrupt(
                    "entry_count", "ends after " + walked + " entries, expected " + list.count());
        }
        if (walkedLength != list.dataLength()) {
            throw SealedMemtableReader.corrupt(
                    "data_length",
                    "its keys and values have " + walkedLength + " bytes, expected " + list.dataLength());
        }
    }

    private void checkValid() {
        if (!valid) {
            throw new IllegalStateException("the sealed memtable's iterator stands on no entry");
        }
    }

    private StoreException corrupt(String check, int reference, String problem) {
        return SealedMemtableReader.corrupt(
                check, "entry " + walked + " at reference 0x" + Integer.toHexString(reference) + " " + problem);
    }
}
