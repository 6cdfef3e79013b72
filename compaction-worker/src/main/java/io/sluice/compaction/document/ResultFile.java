// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.sluice.store.base.Crc32c;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Writes and reads an attempt's RESULT file, see {@link ResultFileFormat}: its completion marker. Who finds a whole one
 * knows that all files it names were synced before; who can't see it yet, as behind a shared file system's cache, knows
 * nothing.
 */
public final class ResultFile {
    private ResultFile() {}

    /** Writes the file into the attempt's directory, durably and all at once: it is there whole or not at all. */
    public static void write(Storage storage, ResultDocument result) throws IOException {
        byte[] payload = Documents.write(result);
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[ResultFileFormat.HEADER_LENGTH + payload.length]);
        bytes.putInt(0, ResultFileFormat.MAGIC, LITTLE_ENDIAN);
        bytes.putInt(ResultFileFormat.VERSION_OFFSET, ResultFileFormat.VERSION, LITTLE_ENDIAN);
        bytes.putInt(ResultFileFormat.LENGTH_OFFSET, payload.length, LITTLE_ENDIAN);
        bytes.putBytes(ResultFileFormat.HEADER_LENGTH, payload);
        int crc = Crc32c.of(bytes, ResultFileFormat.HEADER_LENGTH, payload.length);
        bytes.putInt(ResultFileFormat.CRC_OFFSET, Crc32c.mask(crc), LITTLE_ENDIAN);
        String directory = result.job().attemptDirectory(result.attempt());
        String temporary = directory + "/" + ResultFileFormat.TEMPORARY_NAME;
        try (WritableFile file = storage.create(temporary)) {
            file.append(bytes, 0, bytes.capacity());
            file.sync();
        }
        storage.rename(temporary, directory + "/" + ResultFileFormat.NAME);
        storage.syncDirectory(directory);
    }

    /**
     * Reads the file of an attempt.
     *
     * @return null where there is none
     * @throws StoreException {@code CORRUPTION} {@code compaction.result.corrupt} where it is not what was written, or
     *     of another attempt; {@code NOT_SUPPORTED} for another version
     */
    public static @Nullable ResultDocument read(Storage storage, JobName job, int attempt) throws IOException {
        String name = job.attemptDirectory(attempt) + "/" + ResultFileFormat.NAME;
        if (!storage.exists(name)) {
            return null;
        }
        long length = storage.length(name);
        if (length < ResultFileFormat.HEADER_LENGTH || length > ResultFileFormat.HEADER_LENGTH + Documents.MAX_LENGTH) {
            throw corrupt(name, "has " + length + " bytes");
        }
        byte[] array = new byte[(int) length];
        UnsafeBuffer bytes = new UnsafeBuffer(array);
        try (ReadableFile file = storage.open(name)) {
            file.read(0, bytes, 0, array.length);
        }
        ResultDocument result = decode(name, bytes);
        if (!result.job().equals(job) || result.attempt() != attempt) {
            throw corrupt(name, "is of " + result.job() + ", attempt " + result.attempt());
        }
        return result;
    }

    private static ResultDocument decode(String name, UnsafeBuffer bytes) throws StoreException {
        int magic = bytes.getInt(0, LITTLE_ENDIAN);
        if (magic != ResultFileFormat.MAGIC) {
            throw corrupt(name, "has magic 0x" + Integer.toHexString(magic));
        }
        int version = bytes.getInt(ResultFileFormat.VERSION_OFFSET, LITTLE_ENDIAN);
        if (version != ResultFileFormat.VERSION) {
            throw new StoreException(
                    Kind.NOT_SUPPORTED,
                    "compaction.result.version",
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
        byte[] payload = new byte[length];
        bytes.getBytes(ResultFileFormat.HEADER_LENGTH, payload);
        return Documents.read(payload, ResultDocument.class);
    }

    private static StoreException corrupt(String name, String problem) {
        return StoreException.corruption("compaction.result.corrupt", name + " " + problem + ": the attempt is void");
    }
}
