// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import java.util.List;

/**
 * What, beside its blocks' bytes, makes a sealed memtable readable elsewhere: the header of a versioned format, drawn in
 * {@code docs/formats/memtable.md}. A value. {@link SealedLayoutCodec} turns it into bytes and back.
 *
 * @param version of the layout; 2
 * @param chunkLength bytes of a pool chunk, a power of two
 * @param blockLengths bytes in use of each block, from its start, a multiple of 8: what is shipped. A block may itself be
 *     longer; where more than {@code chunkLength} are in use, it is a run of chunks that holds one large entry
 * @param blockChecksums CRC32C of those bytes of each block, unmasked
 * @param entries the list of all entries but range deletions
 * @param rangeDeletions the list of range deletions
 * @param smallestSequence the lowest sequence number in both
 * @param largestSequence the highest
 */
public record SealedLayout(
        int version,
        int chunkLength,
        List<Integer> blockLengths,
        List<Integer> blockChecksums,
        EntryList entries,
        EntryList rangeDeletions,
        long smallestSequence,
        long largestSequence) {
    /**
     * A list of nodes, in the order of internal keys.
     *
     * @param head the first one, where the walk starts; 0 where there is none
     * @param count nodes in the walk, exactly
     * @param dataLength bytes of user keys and values
     */
    public record EntryList(int head, long count, long dataLength) {
        /** An empty list. */
        public static final EntryList EMPTY = new EntryList(0, 0, 0);
    }

    /** Copies the lists. */
    public SealedLayout {
        blockLengths = List.copyOf(blockLengths);
        blockChecksums = List.copyOf(blockChecksums);
    }

    /** Entries of all types. */
    public long entryCount() {
        return entries.count() + rangeDeletions.count();
    }

    /** Bytes to ship. */
    public long totalLength() {
        long total = 0;
        for (int length : blockLengths) {
            total += length;
        }
        return total;
    }
}
