// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import java.util.List;

/**
 * What, beside its blocks' bytes, makes a sealed memtable readable elsewhere: the header of a versioned format, drawn in
 * {@code docs/formats/memtable.md}. A value.
 *
 * @param version of the layout; 1
 * @param chunkLength bytes of a pool chunk, a power of two
 * @param blockLengths bytes of each block, each a multiple of {@code chunkLength}; a block longer than one chunk is a
 *     contiguous run that holds one large entry
 * @param head where the walk starts
 * @param entryCount entries in the walk, exactly
 * @param smallestSequence the lowest sequence number in it
 * @param largestSequence the highest
 * @param dataLength bytes of keys and values
 */
public record SealedLayout(
        int version,
        int chunkLength,
        List<Integer> blockLengths,
        int head,
        long entryCount,
        long smallestSequence,
        long largestSequence,
        long dataLength) {}
