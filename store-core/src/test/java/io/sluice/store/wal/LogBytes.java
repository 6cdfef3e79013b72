// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.wal;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.sluice.store.base.Crc32c;
import io.sluice.store.sst.ArrayFile;
import java.io.IOException;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** Logs as arrays, for tests. */
public final class LogBytes {
    private LogBytes() {}

    /** A log of these records. */
    public static byte[] of(List<byte[]> records) throws IOException {
        ArrayFile file = new ArrayFile();
        try (LogWriter writer = new LogWriter(file)) {
            for (byte[] record : records) {
                writer.append(new UnsafeBuffer(record), 0, record.length);
            }
        }
        return file.toByteArray();
    }

    /** A fragment of any type, with the longer header where its type has it. */
    public static byte[] fragment(int type, int logNumber, byte[] payload) {
        boolean isLong = LogFormat.isRecyclable(type);
        int header = isLong ? LogFormat.RECYCLABLE_HEADER_LENGTH : LogFormat.HEADER_LENGTH;
        byte[] bytes = new byte[header + payload.length];
        UnsafeBuffer fragment = new UnsafeBuffer(bytes);
        fragment.putShort(LogFormat.LENGTH_OFFSET, (short) payload.length, LITTLE_ENDIAN);
        fragment.putByte(LogFormat.TYPE_OFFSET, (byte) type);
        if (isLong) {
            fragment.putInt(LogFormat.LOG_NUMBER_OFFSET, logNumber, LITTLE_ENDIAN);
        }
        fragment.putBytes(header, payload);
        return withChecksums(bytes);
    }

    /** A copy in which every fragment that can be found has the checksum that fits. */
    public static byte[] withChecksums(byte[] log) {
        byte[] copy = log.clone();
        UnsafeBuffer bytes = new UnsafeBuffer(copy);
        for (int block = 0; block < copy.length; block += LogFormat.BLOCK_LENGTH) {
            int end = Math.min(copy.length, block + LogFormat.BLOCK_LENGTH);
            int at = block;
            while (end - at >= LogFormat.HEADER_LENGTH) {
                int type = bytes.getByte(at + LogFormat.TYPE_OFFSET) & 0xff;
                int payload = bytes.getShort(at + LogFormat.LENGTH_OFFSET, LITTLE_ENDIAN) & 0xffff;
                int header =
                        LogFormat.isRecyclable(type) ? LogFormat.RECYCLABLE_HEADER_LENGTH : LogFormat.HEADER_LENGTH;
                if ((type == LogFormat.TYPE_ZERO && payload == 0) || header + payload > end - at) {
                    break;
                }
                int crc = Crc32c.of(bytes, at + LogFormat.TYPE_OFFSET, header + payload - LogFormat.TYPE_OFFSET);
                bytes.putInt(at, Crc32c.mask(crc), LITTLE_ENDIAN);
                at += header + payload;
            }
        }
        return copy;
    }
}
