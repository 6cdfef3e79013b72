// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.sluice.flush.protocol.FlushMessage.AttemptResult;
import io.sluice.store.base.Crc32c;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Writes and reads an attempt's RESULT file, see {@link ResultFileFormat}. */
public final class ResultFile {
    private ResultFile() {}

    /** Writes the file, durably and all at once: it is there whole or not at all. */
    public static void write(Storage storage, String attemptDirectory, AttemptResult result) throws IOException {
        DirectBuffer payload = MessageEncoder.encode(result);
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[ResultFileFormat.HEADER_LENGTH + payload.capacity()]);
        bytes.putInt(0, ResultFileFormat.MAGIC, LITTLE_ENDIAN);
        bytes.putInt(ResultFileFormat.VERSION_OFFSET, ResultFileFormat.VERSION, LITTLE_ENDIAN);
        bytes.putInt(ResultFileFormat.LENGTH_OFFSET, payload.capacity(), LITTLE_ENDIAN);
        int crc = Crc32c.of(payload, 0, payload.capacity());
        bytes.putInt(ResultFileFormat.CRC_OFFSET, Crc32c.mask(crc), LITTLE_ENDIAN);
        bytes.putBytes(ResultFileFormat.HEADER_LENGTH, payload, 0, payload.capacity());
        String temporary = attemptDirectory + "/" + ResultFileFormat.TEMPORARY_NAME;
        try (WritableFile file = storage.create(temporary)) {
            file.append(bytes, 0, bytes.capacity());
            file.sync();
        }
        storage.rename(temporary, attemptDirectory + "/" + ResultFileFormat.NAME);
        storage.syncDirectory(attemptDirectory);
    }

    /**
     * Reads the file.
     *
     * @return null where there is none
     * @throws StoreException {@code CORRUPTION} where it is not what was written, {@code NOT_SUPPORTED} for another
     *     version
     */
    public static @Nullable AttemptResult read(Storage storage, String attemptDirectory) throws IOException {
        String name = attemptDirectory + "/" + ResultFileFormat.NAME;
        if (!storage.exists(name)) {
            return null;
        }
        long length = storage.length(name);
        if (length < ResultFileFormat.HEADER_LENGTH
                || length > ResultFileFormat.HEADER_LENGTH + ProtocolLimits.MAX_BYTES_LENGTH) {
            throw corrupt(name, "has " + length + " bytes");
        }
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[(int) length]);
        try (ReadableFile file = storage.open(name)) {
            file.read(0, bytes, 0, (int) length);
        }
        return decode(name, bytes);
    }

    private static AttemptResult decode(String name, UnsafeBuffer bytes) throws StoreException {
        int magic = bytes.getInt(0, LITTLE_ENDIAN);
        if (magic != ResultFileFormat.MAGIC) {
            throw corrupt(name, "has magic 0x" + Integer.toHexString(magic));
        }
        int version = bytes.getInt(ResultFileFormat.VERSION_OFFSET, LITTLE_ENDIAN);
        if (version != ResultFileFormat.VERSION) {
            throw new StoreException(
                    StoreException.Kind.NOT_SUPPORTED,
                    "flush.result.version",
                    name + " has version " + version + ", expected " + ResultFileFormat.VERSION);
        }
        int length = bytes.getInt(ResultFileFormat.LENGTH_OFFSET, LITTLE_ENDIAN);
        if (length != bytes.capacity() - ResultFileFormat.HEADER_LENGTH) {
            throw corrupt(name, "says payload length=" + length + " in " + bytes.capacity() + " bytes");
        }
        int expected = Crc32c.unmask(bytes.getInt(ResultFileFormat.CRC_OFFSET, LITTLE_ENDIAN));
        int found = Crc32c.of(bytes, ResultFileFormat.HEADER_LENGTH, length);
        if (expected != found) {
            throw corrupt(
                    name,
                    "has CRC32C 0x" + Integer.toHexString(found) + ", expected 0x" + Integer.toHexString(expected));
        }
        FlushMessage message = MessageDecoder.decode(new UnsafeBuffer(bytes, ResultFileFormat.HEADER_LENGTH, length));
        if (!(message instanceof AttemptResult result)) {
            throw corrupt(name, "holds another message");
        }
        return result;
    }

    private static StoreException corrupt(String name, String problem) {
        return StoreException.corruption("flush.result.corrupt", name + " " + problem + ": the attempt is void");
    }
}
