// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.StoreException;
import io.sluice.store.cache.OffHeapBlock;
import io.sluice.store.storage.ReadableFile;
import java.io.IOException;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** Reads a table's blocks from its file: checks and decompresses them. Owns the file. Safe for concurrent use. */
final class BlockFile implements AutoCloseable {
    private final ReadableFile file;
    private final byte checksumType;
    private final int baseContext;

    BlockFile(ReadableFile file, Footer footer) {
        this.file = file;
        this.checksumType = footer.checksumType();
        this.baseContext = footer.baseContext();
    }

    String name() {
        return file.name();
    }

    /**
     * A block, with one reference, the caller's.
     *
     * @param dictionary what the block was compressed with, beside its algorithm: only data blocks are
     * @param verify whether to check the checksum
     * @throws StoreException {@code CORRUPTION} or {@code NOT_SUPPORTED}, naming file, offset, expected and found
     */
    OffHeapBlock read(long offset, long length, @Nullable CompressionDictionary dictionary, boolean verify)
            throws IOException {
        int stored = checkedLength(offset, length);
        LoadScratch scratch = LoadScratch.take();
        try {
            int whole = stored + TableFormat.TRAILER_LENGTH;
            byte[] bytes = LoadScratch.ensure(scratch.stored, whole);
            file.read(offset, scratch.stored, 0, whole);
            if (verify) {
                verify(scratch.stored, bytes, offset, stored);
            }
            byte type = bytes[stored];
            if (type == CompressionType.NONE.id()) {
                return OffHeapBlock.copyOf(scratch.stored, 0, stored);
            }
            BlockPlace where = scratch.place.set(file.name(), offset);
            int found = Decompressor.decompress(scratch, stored, type, dictionary, where);
            return OffHeapBlock.copyOf(scratch.output, 0, found);
        } finally {
            scratch.give();
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    private int checkedLength(long offset, long length) throws StoreException {
        long end = file.length() - TableFormat.FOOTER_LENGTH - TableFormat.TRAILER_LENGTH;
        if (offset < 0 || length < 0 || offset > end || length > end - offset) {
            throw StoreException.corruption(
                    "sst.block.handle",
                    BlockPlace.of(file.name(), offset) + ": expected a block that ends by " + end
                            + ", found a length of " + Long.toUnsignedString(length));
        }
        if (length > Buffers.MAX_LENGTH - TableFormat.TRAILER_LENGTH) {
            throw new StoreException(
                    StoreException.Kind.NOT_SUPPORTED,
                    "sst.block.length",
                    BlockPlace.of(file.name(), offset) + ": a block of " + length
                            + " bytes is not supported: expected at most "
                            + (Buffers.MAX_LENGTH - TableFormat.TRAILER_LENGTH));
        }
        return (int) length;
    }

    private void verify(DirectBuffer view, byte[] bytes, long offset, int length) throws StoreException {
        if (checksumType == TableFormat.CHECKSUM_NONE) {
            return;
        }
        int stored = view.getInt(length + 1, ByteOrder.LITTLE_ENDIAN);
        int computed = Checksum.of(checksumType, bytes, length + 1) + Checksum.modifier(baseContext, offset);
        if (computed != stored) {
            throw StoreException.corruption(
                    "sst.block.checksum",
                    BlockPlace.of(file.name(), offset) + ": expected checksum " + Integer.toHexString(stored)
                            + " (type " + checksumType + "), found " + Integer.toHexString(computed)
                            + ": restore the file");
        }
    }
}
