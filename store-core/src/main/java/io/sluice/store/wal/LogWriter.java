// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.wal;

import io.sluice.store.base.Crc32c;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Appends records to a new file in {@link LogFormat}. Allocates nothing per record. One thread at a time. */
public final class LogWriter implements AutoCloseable {
    private static final DirectBuffer ZEROS = new UnsafeBuffer(new byte[LogFormat.HEADER_LENGTH]);

    private final WritableFile file;
    private final UnsafeBuffer header = new UnsafeBuffer(new byte[LogFormat.HEADER_LENGTH]);
    private final CRC32C crc = new CRC32C();
    private int blockOffset;

    /** A writer of an empty file, which it owns from here on. */
    public LogWriter(WritableFile file) {
        this.file = file;
    }

    /** Appends one record, which may be empty. It is in the file's buffer then: see {@link #file()}. */
    public void append(DirectBuffer record, int offset, int length) throws IOException {
        append(ZEROS, 0, record, offset, length);
    }

    /** Appends one record of two parts: the first {@code prefixLength} bytes of {@code prefix}, then {@code body}'s. */
    public void append(DirectBuffer prefix, int prefixLength, DirectBuffer body, int offset, int length)
            throws IOException {
        long total = (long) prefixLength + length;
        long done = 0;
        do {
            int left = LogFormat.BLOCK_LENGTH - blockOffset;
            if (left < LogFormat.HEADER_LENGTH) {
                file.append(ZEROS, 0, left);
                blockOffset = 0;
                left = LogFormat.BLOCK_LENGTH;
            }
            int count = (int) Math.min(total - done, left - LogFormat.HEADER_LENGTH);
            int ofPrefix = (int) Math.max(0, Math.min(count, prefixLength - done));
            int bodyStart = offset + (int) Math.max(0, done - prefixLength);
            int type = type(done == 0, done + count == total);
            putHeader(type, count, prefix, (int) done, ofPrefix, body, bodyStart);
            file.append(header, 0, LogFormat.HEADER_LENGTH);
            if (ofPrefix > 0) {
                file.append(prefix, (int) done, ofPrefix);
            }
            file.append(body, bodyStart, count - ofPrefix);
            blockOffset += LogFormat.HEADER_LENGTH + count;
            done += count;
        } while (done < total);
    }

    /** The file, to flush and sync. */
    public WritableFile file() {
        return file;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    private static int type(boolean first, boolean last) {
        if (first) {
            return last ? LogFormat.TYPE_FULL : LogFormat.TYPE_FIRST;
        }
        return last ? LogFormat.TYPE_LAST : LogFormat.TYPE_MIDDLE;
    }

    private void putHeader(
            int type, int count, DirectBuffer prefix, int prefixStart, int ofPrefix, DirectBuffer body, int bodyStart) {
        header.putShort(LogFormat.LENGTH_OFFSET, (short) count, ByteOrder.LITTLE_ENDIAN);
        header.putByte(LogFormat.TYPE_OFFSET, (byte) type);
        crc.reset();
        crc.update(type);
        Crc32c.update(crc, prefix, ofPrefix == 0 ? 0 : prefixStart, ofPrefix);
        Crc32c.update(crc, body, bodyStart, count - ofPrefix);
        header.putInt(0, Crc32c.mask((int) crc.getValue()), ByteOrder.LITTLE_ENDIAN);
    }
}
