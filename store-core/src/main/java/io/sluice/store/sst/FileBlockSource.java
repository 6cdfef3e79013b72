// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.StoreException;
import io.sluice.store.storage.ReadableFile;
import java.io.IOException;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Reads a table's blocks from its file, each into an array of its own. Owns the file. */
final class FileBlockSource implements BlockSource {
    private final ReadableFile file;
    private final byte checksumType;

    FileBlockSource(ReadableFile file, byte checksumType) {
        this.file = file;
        this.checksumType = checksumType;
    }

    @Override
    public String name() {
        return file.name();
    }

    @Override
    public BlockContents read(BlockHandle handle) throws IOException {
        int length = checkedLength(handle);
        byte[] bytes = new byte[length + TableFormat.TRAILER_LENGTH];
        UnsafeBuffer view = new UnsafeBuffer(bytes);
        file.read(handle.offset(), view, 0, bytes.length);
        verify(handle, bytes, length, view.getInt(length + 1, ByteOrder.LITTLE_ENDIAN));
        byte type = bytes[length];
        if (type == CompressionType.NONE.id()) {
            view.wrap(bytes, 0, length);
            return new ArrayContents(view);
        }
        return new ArrayContents(new UnsafeBuffer(Decompressor.decompress(where(handle), type, bytes, length)));
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    private int checkedLength(BlockHandle handle) throws StoreException {
        long end = file.length() - TableFormat.FOOTER_LENGTH - TableFormat.TRAILER_LENGTH;
        long offset = handle.offset();
        long length = handle.length();
        if (offset < 0 || length < 0 || offset > end || length > end - offset) {
            throw StoreException.corruption(
                    "sst.block.handle",
                    where(handle) + ": expected a block that ends by " + end + ", found a length of "
                            + Long.toUnsignedString(length));
        }
        if (length > Buffers.MAX_LENGTH - TableFormat.TRAILER_LENGTH) {
            throw new StoreException(
                    StoreException.Kind.NOT_SUPPORTED,
                    "sst.block.length",
                    where(handle) + ": a block of " + length + " bytes is not supported: expected at most "
                            + (Buffers.MAX_LENGTH - TableFormat.TRAILER_LENGTH));
        }
        return (int) length;
    }

    private void verify(BlockHandle handle, byte[] bytes, int length, int stored) throws StoreException {
        if (checksumType == TableFormat.CHECKSUM_NONE) {
            return;
        }
        int computed = Checksum.of(checksumType, bytes, length + 1);
        if (computed != stored) {
            throw StoreException.corruption(
                    "sst.block.checksum",
                    where(handle) + ": expected checksum " + Integer.toHexString(stored) + " (type " + checksumType
                            + "), found " + Integer.toHexString(computed) + ": restore the file");
        }
    }

    private String where(BlockHandle handle) {
        return file.name() + ": block at offset " + Long.toUnsignedString(handle.offset());
    }

    private record ArrayContents(DirectBuffer buffer) implements BlockContents {
        @Override
        public void close() {
            // the array is the collector's
        }
    }
}
