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
        int done = 0;
        do {
            int left = LogFormat.BLOCK_LENGTH - blockOffset;
            if (left < LogFormat.HEADER_LENGTH) {
                file.append(ZEROS, 0, left);
                blockOffset = 0;
                left = LogFormat.BLOCK_LENGTH;
            }
            int count = Math.min(length - done, left - LogFormat.HEADER_LENGTH);
            boolean first = done == 0;
            boolean last = done + count == length;
            int type = first && last
                    ? LogFormat.TYPE_FULL
                    : first ? LogFormat.TYPE_FIRST : last ? LogFormat.TYPE_LAST : LogFormat.TYPE_MIDDLE;
            appendFragment(type, record, offset + done, count);
            done += count;
        } while (done < length);
    }

    /** The file, to flush and sync. */
    public WritableFile file() {
        return file;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    private void appendFragment(int type, DirectBuffer record, int offset, int length) throws IOException {
        header.putShort(LogFormat.LENGTH_OFFSET, (short) length, ByteOrder.LITTLE_ENDIAN);
        header.putByte(LogFormat.TYPE_OFFSET, (byte) type);
        crc.reset();
        crc.update(type);
        Crc32c.update(crc, record, offset, length);
        header.putInt(0, Crc32c.mask((int) crc.getValue()), ByteOrder.LITTLE_ENDIAN);
        file.append(header, 0, LogFormat.HEADER_LENGTH);
        file.append(record, offset, length);
        blockOffset += LogFormat.HEADER_LENGTH + length;
    }
}
