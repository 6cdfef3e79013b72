// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import java.util.List;

/**
 * What, beside its blocks' bytes, makes a sealed memtable readable elsewhere: the header of a versioned format, drawn in
 * {@code docs/formats/memtable.md}. A value. {@link SealedLayoutCodec} turns it into bytes and back.
 *
 * @param version of the layout; 1
 * @param chunkLength bytes of a pool chunk, a power of two
 * @param blockLengths bytes in use of each block, from its start, a multiple of 8: what is shipped. A block may itself be
 *     longer; where more than {@code chunkLength} are in use, it is a run of chunks that holds one large entry
 * @param blockChecksums CRC32C of those bytes of each block, unmasked
 * @param head the first entry, where the walk starts; 0 where there is none
 * @param entryCount entries in the walk, exactly
 * @param smallestSequence the lowest sequence number in it
 * @param largestSequence the highest
 * @param dataLength bytes of user keys and values
 */
public record SealedLayout(
        int version,
        int chunkLength,
        List<Integer> blockLengths,
        List<Integer> blockChecksums,
        int head,
        long entryCount,
        long smallestSequence,
        long largestSequence,
        long dataLength) {
    /** Copies the lists. */
    public SealedLayout {
        blockLengths = List.copyOf(blockLengths);
        blockChecksums = List.copyOf(blockChecksums);
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
