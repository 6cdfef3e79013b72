// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.Crc32c;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/** Appends blocks with their trailers to a file, and keeps the whole file's checksum. Used by one thread. */
final class BlockWriter implements AutoCloseable {
    private final WritableFile file;
    private final CompressionType compression;
    private final Compressor compressor;
    private final CRC32C blockCrc = new CRC32C();
    private final CRC32C fileCrc = new CRC32C();
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private long offset;

    BlockWriter(WritableFile file, TableOptions options) {
        this.file = file;
        this.compression = options.compression();
        this.compressor = new Compressor(options.compression(), options.compressionLevel());
    }

    /** Bytes written. */
    long offset() {
        return offset;
    }

    /** Of all that was written, unmasked, unsigned. */
    long crc32c() {
        return fileCrc.getValue();
    }

    /** Writes a block; {@code bytes} must have room for a trailer behind {@code length}. */
    BlockHandle write(byte[] bytes, int length, boolean compressible) throws IOException {
        BlockHandle handle;
        if (compressible && compressor.compress(bytes, length)) {
            handle = new BlockHandle(offset, compressor.outputLength());
            writeWithTrailer(compressor.output(), compressor.outputLength(), compression.id());
        } else {
            handle = new BlockHandle(offset, length);
            writeWithTrailer(bytes, length, CompressionType.NONE.id());
        }
        return handle;
    }

    /** Writes bytes without a trailer. */
    void writeRaw(byte[] bytes, int length) throws IOException {
        view.wrap(bytes);
        file.append(view, 0, length);
        fileCrc.update(bytes, 0, length);
        offset += length;
    }

    @Override
    public void close() {
        compressor.close();
    }

    private void writeWithTrailer(byte[] bytes, int length, byte type) throws IOException {
        bytes[length] = type;
        blockCrc.reset();
        blockCrc.update(bytes, 0, length + 1);
        int masked = Crc32c.mask((int) blockCrc.getValue());
        for (int i = 0; i < Integer.BYTES; i++) {
            bytes[length + 1 + i] = (byte) (masked >>> (8 * i));
        }
        writeRaw(bytes, length + TableFormat.TRAILER_LENGTH);
    }
}
