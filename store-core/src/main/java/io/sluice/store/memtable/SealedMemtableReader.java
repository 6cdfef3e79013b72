// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import io.sluice.store.base.Crc32c;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.iterator.InternalIterator;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A sealed memtable that came from elsewhere: a layout, and the bytes that were shipped. Nothing in either is believed:
 * opening checks the layout and each block's checksum, the walk checks every step, and what does not hold ends in a
 * {@code CORRUPTION} error. None of it leans on Agrona's own bounds checks, which may be off.
 *
 * <p>Thread safety: immutable; each iterator is used by one thread. The bytes stay their owner's, who neither changes nor
 * frees them while the reader or an iterator is in use.
 */
public final class SealedMemtableReader {
    private static final int INNER_SLOT = -1;

    private final SealedLayout layout;
    private final KeyComparator comparator;
    private final UnsafeBuffer[] blocks;
    private final int[] blockOfSlot;

    private SealedMemtableReader(
            SealedLayout layout, KeyComparator comparator, UnsafeBuffer[] blocks, int[] blockOfSlot) {
        this.layout = layout;
        this.comparator = comparator;
        this.blocks = blocks;
        this.blockOfSlot = blockOfSlot;
    }

    /**
     * Opens what was shipped. Reads all bytes once, about 100 µs a MiB.
     *
     * @param layout the header, from {@link SealedLayoutCodec#decode} or elsewhere
     * @param blocks the bytes of each block, over an array or a {@code ByteBuffer}; what is beyond the layout's length of
     *     a block is not looked at
     * @param comparator the order of user keys that the memtable was written in
     * @throws StoreException of kind {@code CORRUPTION}, or {@code NOT_SUPPORTED} for another version
     */
    public static SealedMemtableReader open(
            SealedLayout layout, List<? extends DirectBuffer> blocks, KeyComparator comparator) throws StoreException {
        SealedLayoutCodec.check(layout);
        List<Integer> lengths = layout.blockLengths();
        if (blocks.size() != lengths.size()) {
            throw corrupt("blocks", "found " + blocks.size() + " blocks, its layout has " + lengths.size());
        }
        UnsafeBuffer[] views = new UnsafeBuffer[lengths.size()];
        List<Integer> slots = new ArrayList<>();
        for (int i = 0; i < views.length; i++) {
            int length = lengths.get(i);
            DirectBuffer block = blocks.get(i);
            if (block.capacity() < length) {
                throw corrupt("truncated", "block " + i + " has " + block.capacity() + " bytes, expected " + length);
            }
            int checksum = Crc32c.of(block, 0, length);
            if (checksum != layout.blockChecksums().get(i)) {
                throw corrupt(
                        "checksum",
                        "block " + i + " of " + length + " bytes has CRC32C 0x" + Integer.toHexString(checksum)
                                + ", expected 0x"
                                + Integer.toHexString(layout.blockChecksums().get(i))
                                + ": ship it again");
            }
            views[i] = new UnsafeBuffer(block, 0, length);
            slots.add(i);
            for (int chunk = (length - 1) / layout.chunkLength(); chunk > 0; chunk--) {
                slots.add(INNER_SLOT);
            }
        }
        int[] blockOfSlot = slots.stream().mapToInt(Integer::intValue).toArray();
        return new SealedMemtableReader(layout, comparator, views, blockOfSlot);
    }

    /** The header. */
    public SealedLayout layout() {
        return layout;
    }

    /**
     * A walk over the entries, forward only: {@link InternalIterator#seek} walks there from the start, and the backward
     * moves throw {@link UnsupportedOperationException}. Its moves throw {@code CORRUPTION} errors, at the latest when it
     * comes to the end, so what was read before is to be used only when the end was reached.
     */
    public InternalIterator iterator() {
        return new SealedMemtableIterator(layout, false, comparator, blocks, blockOfSlot);
    }

    /** The same over the range deletions: keys are their starts, values their ends. */
    public InternalIterator rangeDeletions() {
        return new SealedMemtableIterator(layout, true, comparator, blocks, blockOfSlot);
    }

    static StoreException corrupt(String check, String problem) {
        return StoreException.corruption("memtable.sealed." + check, "sealed memtable: " + problem);
    }
}
