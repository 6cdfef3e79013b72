// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import io.sluice.store.base.Slice;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

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
 * @param customFields what else RocksDB tells of the file, as it stands in the manifest: it is kept when a manifest is
 *     written anew
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
        long fileCreationTime,
        List<CustomField> customFields) {
    /** RocksDB's name for a whole file's CRC32C. */
    public static final String CRC32C_FUNCTION = "FileChecksumCrc32c";

    /**
     * A field of a file by its tag.
     *
     * @param tag one of {@link ManifestFormat}'s {@code FIELD_} tags
     * @param value its bytes
     */
    public record CustomField(int tag, Slice value) {}

    /** Makes the list of fields unmodifiable. */
    public FileMetadata {
        customFields = List.copyOf(customFields);
    }

    /** A file of which no more is known than this. */
    public FileMetadata(
            long number,
            long size,
            Slice smallest,
            Slice largest,
            long smallestSequence,
            long largestSequence,
            long epochNumber,
            long oldestAncestorTime,
            long fileCreationTime) {
        this(
                number,
                size,
                smallest,
                largest,
                smallestSequence,
                largestSequence,
                epochNumber,
                oldestAncestorTime,
                fileCreationTime,
                List.of());
    }

    /** The same with another place among the L0 files. */
    public FileMetadata withEpochNumber(long epoch) {
        return with(number, epoch, customFields);
    }

    /** The same under another number. */
    public FileMetadata withNumber(long newNumber) {
        return with(newNumber, epochNumber, customFields);
    }

    /** The same with the CRC32C of the whole file (unmasked, unsigned), in the form of RocksDB's checksum generator. */
    public FileMetadata withCrc32c(long crc) {
        List<CustomField> fields = new ArrayList<>(customFields);
        fields.removeIf(f -> f.tag() == ManifestFormat.FIELD_CHECKSUM || f.tag() == ManifestFormat.FIELD_CHECKSUM_NAME);
        byte[] bigEndian = {(byte) (crc >> 24), (byte) (crc >> 16), (byte) (crc >> 8), (byte) crc};
        fields.add(new CustomField(ManifestFormat.FIELD_CHECKSUM, Slice.wrap(bigEndian)));
        fields.add(new CustomField(ManifestFormat.FIELD_CHECKSUM_NAME, Slice.utf8(CRC32C_FUNCTION)));
        return with(number, epochNumber, fields);
    }

    /** The CRC32C of the whole file (unmasked, unsigned), where the manifest has it. */
    public OptionalLong crc32c() {
        Slice name = field(ManifestFormat.FIELD_CHECKSUM_NAME);
        Slice value = field(ManifestFormat.FIELD_CHECKSUM);
        if (name == null
                || value == null
                || value.length() != 4
                || !new String(name.toByteArray(), StandardCharsets.UTF_8).equals(CRC32C_FUNCTION)) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(value.buffer().getInt(0, ByteOrder.BIG_ENDIAN) & 0xffffffffL);
    }

    @Nullable
    Slice field(int tag) {
        for (CustomField field : customFields) {
            if (field.tag() == tag) {
                return field.value();
            }
        }
        return null;
    }

    private FileMetadata with(long newNumber, long epoch, List<CustomField> fields) {
        return new FileMetadata(
                newNumber,
                size,
                smallest,
                largest,
                smallestSequence,
                largestSequence,
                epoch,
                oldestAncestorTime,
                fileCreationTime,
                fields);
    }
}
