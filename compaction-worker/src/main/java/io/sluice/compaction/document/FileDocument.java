// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.Slice;
import io.sluice.store.manifest.FileMetadata;
import java.util.List;

/**
 * What the manifest says of one SST: {@link FileMetadata}, whose components have the same meaning.
 *
 * @param number of the file, at least 1
 * @param size bytes, at least 0
 * @param smallest the first internal key, at least 8 bytes
 * @param largest the last internal key, at least 8 bytes
 * @param smallestSequence 0 to 2^56 - 1
 * @param largestSequence 0 to 2^56 - 1
 * @param epochNumber at least 0
 * @param oldestAncestorTime seconds since 1970, 0 for unknown
 * @param fileCreationTime seconds since 1970, 0 for unknown
 * @param customFields what else RocksDB tells of the file
 */
public record FileDocument(
        long number,
        long size,
        Slice smallest,
        Slice largest,
        long smallestSequence,
        long largestSequence,
        long epochNumber,
        long oldestAncestorTime,
        long fileCreationTime,
        List<CustomField> customFields) {
    /**
     * A field of a file by its tag.
     *
     * @param tag RocksDB's number of the field
     * @param value its bytes
     */
    public record CustomField(int tag, Slice value) {}

    /** Checks the ranges. */
    public FileDocument {
        customFields = List.copyOf(customFields);
        Check.atLeast("number", number, 1);
        Check.atLeast("size", size, 0);
        Check.atLeast("length of smallest", smallest.length(), InternalKey.TRAILER_LENGTH);
        Check.atLeast("length of largest", largest.length(), InternalKey.TRAILER_LENGTH);
        Check.range("smallest_sequence", smallestSequence, 0, InternalKey.MAX_SEQUENCE);
        Check.range("largest_sequence", largestSequence, 0, InternalKey.MAX_SEQUENCE);
        Check.atLeast("epoch_number", epochNumber, 0);
        Check.atLeast("oldest_ancestor_time", oldestAncestorTime, 0);
        Check.atLeast("file_creation_time", fileCreationTime, 0);
    }

    static FileDocument of(FileMetadata file) {
        return new FileDocument(
                file.number(),
                file.size(),
                file.smallest(),
                file.largest(),
                file.smallestSequence(),
                file.largestSequence(),
                file.epochNumber(),
                file.oldestAncestorTime(),
                file.fileCreationTime(),
                file.customFields().stream()
                        .map(field -> new CustomField(field.tag(), field.value()))
                        .toList());
    }

    FileMetadata metadata() {
        return new FileMetadata(
                number,
                size,
                smallest,
                largest,
                smallestSequence,
                largestSequence,
                epochNumber,
                oldestAncestorTime,
                fileCreationTime,
                customFields.stream()
                        .map(field -> new FileMetadata.CustomField(field.tag(), field.value()))
                        .toList());
    }
}
