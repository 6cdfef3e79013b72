// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.Slice;

/**
 * What a {@link TableWriter} has written.
 *
 * @param size bytes of the file
 * @param crc32c of the whole file, unmasked, as an unsigned 32-bit number
 * @param smallest the first internal key
 * @param largest the last internal key
 * @param smallestSequence the lowest sequence number in it
 * @param largestSequence the highest
 * @param properties as they stand in the file
 */
public record TableSummary(
        long size,
        long crc32c,
        Slice smallest,
        Slice largest,
        long smallestSequence,
        long largestSequence,
        TableProperties properties) {}
