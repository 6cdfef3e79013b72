// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import static io.sluice.store.sst.TableFormat.FOOTER_HANDLES_LENGTH;
import static io.sluice.store.sst.TableFormat.FOOTER_LENGTH;
import static io.sluice.store.sst.TableFormat.LEGACY_MAGIC;
import static io.sluice.store.sst.TableFormat.MAGIC;
import static io.sluice.store.sst.TableFormat.MAX_READ_VERSION;
import static io.sluice.store.sst.TableFormat.MIN_READ_VERSION;

import io.sluice.store.base.ByteReader;
import io.sluice.store.base.ByteWriter;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.ReadableFile;
import java.io.IOException;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The last bytes of a table.
 *
 * @param checksumType one of {@code TableFormat.CHECKSUM_*}
 * @param metaindex where the metaindex block is
 * @param index where the index block is
 * @param version the table's format version
 */
record Footer(byte checksumType, BlockHandle metaindex, BlockHandle index, int version) {
    void encode(ByteWriter target) {
        int start = target.length();
        target.putByte(checksumType);
        metaindex.encode(target);
        index.encode(target);
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
        ByteReader handles = new ByteReader(where, bytes, 1, FOOTER_HANDLES_LENGTH);
        return new Footer(checksumType, BlockHandle.decode(handles), BlockHandle.decode(handles), version);
    }

    private static StoreException unsupported(String code, String message) {
        return new StoreException(StoreException.Kind.NOT_SUPPORTED, code, message);
    }
}
