// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.job;

import io.sluice.store.base.Crc32c;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.StoreException;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.sst.PropertyNames;
import io.sluice.store.sst.TableBounds;
import io.sluice.store.sst.TableIdentity;
import io.sluice.store.sst.TableOptions;
import io.sluice.store.sst.TableProperties;
import io.sluice.store.sst.TableReader;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.OptionalLong;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Holds a table that an executor says it made against the file itself: its size, footer, index and properties, its first
 * and last key, and the CRC32C of the whole file: against the storage's own where it has one, against the bytes read
 * back where that is asked for. Every check ends in a {@code CORRUPTION} error that names file, expected and found. Safe
 * for concurrent use.
 */
public final class TableVerifier {
    /** What stands in properties for a plug-in that there is none of. */
    private static final String NONE = "nullptr";

    private static final int READ_LENGTH = 1 << 20;

    private final Storage storage;
    private final String code;

    /**
     * A verifier of files on {@code storage}.
     *
     * @param code of its errors
     */
    public TableVerifier(Storage storage, String code) {
        this.storage = storage;
        this.code = code;
    }

    /**
     * What a table is said to be.
     *
     * @param what for errors: the job, who ran it, and the path
     * @param path the file's present name
     * @param file for the manifest
     * @param fileNumber in its properties
     * @param crc32c of the whole file
     * @param entries in it
     * @param builder who made it
     * @param identity of the job: its column family, store and session stand in the properties
     */
    public record Claim(
            String what,
            String path,
            FileMetadata file,
            long fileNumber,
            long crc32c,
            long entries,
            String builder,
            TableIdentity identity) {}

    /**
     * What was verified.
     *
     * @param file for the manifest
     * @param path the file's present name
     * @param properties as they stand in the file
     */
    public record Verified(FileMetadata file, String path, TableProperties properties) {}

    /**
     * Verifies a table.
     *
     * @param options that it must have been made with
     * @param readBack whether to read the whole file and compute its CRC32C
     */
    public Verified verify(Claim claim, TableOptions options, boolean readBack) throws IOException {
        expect(claim.what(), "size", claim.file().size(), storage.length(claim.path()));
        boolean crcKnown = checkCrc(claim, readBack);
        TableProperties properties = checkTable(claim, options);
        FileMetadata file = claim.file();
        return new Verified(crcKnown ? file.withCrc32c(claim.crc32c()) : file, claim.path(), properties);
    }

    /** Checks one field. */
    public void expect(String what, String field, @Nullable Object expected, @Nullable Object found)
            throws StoreException {
        if (expected == null || !expected.equals(found)) {
            throw mismatch(what, field, String.valueOf(expected), found);
        }
    }

    /** The error of a field that is wrong. */
    public StoreException mismatch(String what, String field, String expected, @Nullable Object found) {
        return StoreException.corruption(code, what + ": " + field + ": expected " + expected + ", found " + found);
    }

    /** Whether the CRC was compared with one that the table's maker did not compute. */
    private boolean checkCrc(Claim claim, boolean readBack) throws IOException {
        OptionalLong stored = storage.crc32c(claim.path());
        if (stored.isPresent()) {
            expect(claim.what(), "storage's CRC32C", stored.getAsLong(), claim.crc32c());
        }
        if (readBack) {
            expect(claim.what(), "CRC32C read back", claim.crc32c(), readCrc(claim.path()));
        }
        return stored.isPresent() || readBack;
    }

    private long readCrc(String path) throws IOException {
        CRC32C crc = new CRC32C();
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[READ_LENGTH]);
        try (ReadableFile file = storage.open(path)) {
            for (long at = 0; at < file.length(); ) {
                int length = (int) Math.min(READ_LENGTH, file.length() - at);
                file.read(at, buffer, 0, length);
                Crc32c.update(crc, buffer, 0, length);
                at += length;
            }
        }
        return crc.getValue();
    }

    private TableProperties checkTable(Claim claim, TableOptions options) throws IOException {
        String what = claim.what();
        TableIdentity identity = claim.identity();
        try (TableReader table = TableReader.open(storage.open(claim.path()), options.comparator())) {
            TableProperties properties = table.properties();
            expect(what, "entries in the properties", claim.entries(), properties.entryCount());
            expect(
                    what,
                    "file number in the properties",
                    claim.fileNumber(),
                    properties.number(PropertyNames.ORIGINAL_FILE_NUMBER));
            expect(
                    what,
                    "column family in the properties",
                    (long) identity.columnFamilyId(),
                    properties.number(PropertyNames.COLUMN_FAMILY_ID));
            expect(what, "store in the properties", identity.dbId(), properties.text(PropertyNames.DB_ID));
            expect(
                    what,
                    "session in the properties",
                    identity.dbSessionId(),
                    properties.text(PropertyNames.DB_SESSION_ID));
            checkOptions(what, options, properties);
            expect(what, "builder in the properties", claim.builder(), properties.text(PropertyNames.BUILDER));
            expect(
                    what,
                    "range deletions in the properties",
                    (long) table.rangeTombstones().tombstones().size(),
                    properties.number(PropertyNames.NUM_RANGE_DELETIONS));
            TableBounds bounds = TableBounds.of(table, options.comparator());
            expect(what, "first key", claim.file().smallest(), bounds == null ? null : bounds.smallest());
            expect(what, "last key", claim.file().largest(), bounds == null ? null : bounds.largest());
            return properties;
        }
    }

    /** A worker that does not know an option must not leave it out in silence. */
    private void checkOptions(String what, TableOptions options, TableProperties properties) throws StoreException {
        MergeOperator operator = options.mergeOperator();
        PrefixExtractor prefixes = options.prefixExtractor();
        expect(
                what,
                "merge operator in the properties",
                operator == null ? NONE : operator.name(),
                properties.text(PropertyNames.MERGE_OPERATOR));
        expect(
                what,
                "prefix extractor in the properties",
                prefixes == null ? NONE : prefixes.name(),
                properties.text(PropertyNames.PREFIX_EXTRACTOR));
        expect(
                what,
                "compression in the properties",
                options.compression().rocksName(),
                properties.text(PropertyNames.COMPRESSION));
    }
}
