// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import static io.sluice.store.sst.TableFormat.CONTEXT_CHECKSUM_VERSION;
import static io.sluice.store.sst.TableFormat.EXTENDED_MAGIC;
import static io.sluice.store.sst.TableFormat.FOOTER_HANDLES_LENGTH;
import static io.sluice.store.sst.TableFormat.FOOTER_LENGTH;
import static io.sluice.store.sst.TableFormat.LEGACY_MAGIC;
import static io.sluice.store.sst.TableFormat.MAGIC;
import static io.sluice.store.sst.TableFormat.MAX_READ_VERSION;
import static io.sluice.store.sst.TableFormat.MIN_READ_VERSION;
import static io.sluice.store.sst.TableFormat.TRAILER_LENGTH;

import io.sluice.store.base.ByteReader;
import io.sluice.store.base.ByteWriter;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.ReadableFile;
import java.io.IOException;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The last bytes of a table.
 *
 * @param checksumType one of {@code TableFormat.CHECKSUM_*}
 * @param metaindex where the metaindex block is
 * @param index where the index block is, or null where the metaindex tells
 * @param version the table's format version
 * @param baseContext what block checksums depend on beside their block, 0 for nothing
 */
record Footer(
        byte checksumType, BlockHandle metaindex, @Nullable BlockHandle index, int version, int baseContext) {
    private static final int CHECKSUM_OFFSET = 5;
    private static final int BASE_CONTEXT_OFFSET = 9;
    private static final int METAINDEX_LENGTH_OFFSET = 13;
    private static final int RESERVED_OFFSET = 33;

    /** A footer of a version that is written: below 6. */
    Footer(byte checksumType, BlockHandle metaindex, BlockHandle index, int version) {
        this(checksumType, metaindex, index, version, 0);
    }

    void encode(ByteWriter target) {
        BlockHandle written = index;
        if (written == null) {
            throw new IllegalStateException("version=" + version + " is read only");
        }
        int start = target.length();
        target.putByte(checksumType);
        metaindex.encode(target);
        written.encode(target);
        while (target.length() < start + 1 + FOOTER_HANDLES_LENGTH) {
            target.putByte(0);
        }
        target.putFixed32(version).putFixed64(MAGIC);
    }

    static Footer read(ReadableFile file) throws IOException {
        long length = file.length();
        if (length < FOOTER_LENGTH) {
            throw StoreException.corruption(
                    "sst.footer.length",
                    file.name() + ": is no table: expected at least " + FOOTER_LENGTH + " bytes, found " + length);
        }
        long offset = length - FOOTER_LENGTH;
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[FOOTER_LENGTH]);
        file.read(offset, bytes, 0, FOOTER_LENGTH);
        String where = file.name() + ": footer at offset " + offset;

        long magic = bytes.getLong(FOOTER_LENGTH - 8, ByteOrder.LITTLE_ENDIAN);
        if (magic == LEGACY_MAGIC) {
            throw unsupported("sst.version", where + ": format_version 0 is not supported: rewrite it with RocksDB");
        }
        if (magic == TableFormat.PLAIN_TABLE_MAGIC
                || magic == TableFormat.LEGACY_PLAIN_TABLE_MAGIC
                || magic == TableFormat.CUCKOO_TABLE_MAGIC) {
            throw unsupported(
                    "sst.table-factory",
                    where + ": a " + (magic == TableFormat.CUCKOO_TABLE_MAGIC ? "CuckooTable" : "PlainTable")
                            + " is not supported: rewrite it with RocksDB as a block-based table");
        }
        if (magic != MAGIC) {
            throw StoreException.corruption(
                    "sst.footer.magic",
                    where + ": expected magic " + Long.toHexString(MAGIC) + ", found " + Long.toHexString(magic));
        }
        int version = bytes.getInt(FOOTER_LENGTH - 12, ByteOrder.LITTLE_ENDIAN);
        if (version < MIN_READ_VERSION || version > MAX_READ_VERSION) {
            throw unsupported(
                    "sst.version",
                    where + ": format_version " + Integer.toUnsignedString(version) + " is not supported: expected "
                            + MIN_READ_VERSION + " to " + MAX_READ_VERSION);
        }
        byte checksumType = bytes.getByte(0);
        if (checksumType < TableFormat.CHECKSUM_NONE || checksumType > TableFormat.CHECKSUM_XXH3) {
            throw unsupported(
                    "sst.checksum-type",
                    where + ": checksum type " + (checksumType & 0xff) + " is not supported: expected 0 to 4");
        }
        if (version >= CONTEXT_CHECKSUM_VERSION) {
            return readExtended(where, bytes, offset, checksumType, version);
        }
        ByteReader handles = new ByteReader(where, bytes, 1, FOOTER_HANDLES_LENGTH);
        return new Footer(checksumType, BlockHandle.decode(handles), BlockHandle.decode(handles), version);
    }

    private static Footer readExtended(String where, UnsafeBuffer bytes, long offset, byte checksumType, int version)
            throws StoreException {
        int magic = bytes.getInt(1, ByteOrder.LITTLE_ENDIAN);
        if (magic != EXTENDED_MAGIC) {
            throw StoreException.corruption(
                    "sst.footer.magic",
                    where + ": expected extended magic " + Integer.toHexString(EXTENDED_MAGIC) + ", found "
                            + Integer.toHexString(magic));
        }
        int stored = bytes.getInt(CHECKSUM_OFFSET, ByteOrder.LITTLE_ENDIAN);
        int baseContext = bytes.getInt(BASE_CONTEXT_OFFSET, ByteOrder.LITTLE_ENDIAN);
        long metaindexLength = bytes.getInt(METAINDEX_LENGTH_OFFSET, ByteOrder.LITTLE_ENDIAN) & 0xffffffffL;
        long reserved = bytes.getLong(RESERVED_OFFSET, ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(CHECKSUM_OFFSET, 0);
        int computed = checksumType == TableFormat.CHECKSUM_NONE
                ? 0
                : Checksum.of(checksumType, bytes.byteArray(), FOOTER_LENGTH);
        computed += Checksum.modifier(baseContext, offset);
        if (baseContext == 0 || computed != stored) {
            throw StoreException.corruption(
                    "sst.footer.checksum",
                    where + ": expected checksum " + Integer.toHexString(stored) + " (type " + checksumType
                            + ", base context " + Integer.toHexString(baseContext) + "), found "
                            + Integer.toHexString(computed) + ": restore the file");
        }
        if (reserved != 0) {
            throw unsupported(
                    "sst.footer.feature",
                    where + ": expected zeros at " + RESERVED_OFFSET + ", found " + Long.toHexString(reserved)
                            + ": the table has a feature that this version does not read");
        }
        long metaindexOffset = offset - TRAILER_LENGTH - metaindexLength;
        if (metaindexOffset < 0) {
            throw StoreException.corruption(
                    "sst.footer.metaindex",
                    where + ": expected a metaindex within the file, found a length of " + metaindexLength);
        }
        return new Footer(checksumType, new BlockHandle(metaindexOffset, metaindexLength), null, version, baseContext);
    }

    private static StoreException unsupported(String code, String message) {
        return new StoreException(StoreException.Kind.NOT_SUPPORTED, code, message);
    }
}
