// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import io.sluice.store.base.Slice;

/**
 * What the manifest says of one SST. A value.
 *
 * @param number the file's number: its name is the number in six digits or more, and {@code .sst}
 * @param size exact bytes of the file
 * @param smallest the first internal key
 * @param largest the last internal key
 * @param smallestSequence the lowest sequence number in it
 * @param largestSequence the highest
 * @param epochNumber the order among the column family's L0 files, the newest the highest; never 0
 * @param oldestAncestorTime seconds since 1970, 0 for unknown
 * @param fileCreationTime seconds since 1970, 0 for unknown
 */
public record FileMetadata(
        long number,
        long size,
        Slice smallest,
        Slice largest,
        long smallestSequence,
        long largestSequence,
        long epochNumber,
        long oldestAncestorTime,
        long fileCreationTime) {
    /** The same with another place among the L0 files. */
    public FileMetadata withEpochNumber(long epoch) {
        return new FileMetadata(
                number,
                size,
                smallest,
                largest,
                smallestSequence,
                largestSequence,
                epoch,
                oldestAncestorTime,
                fileCreationTime);
    }
}
