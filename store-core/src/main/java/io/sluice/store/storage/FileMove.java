// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import io.sluice.store.base.Crc32c;
import io.sluice.store.base.StoreException;
import java.io.IOException;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/** Moves complete files, by copying where the storage can't rename: between devices, mounts or encryption zones. */
public final class FileMove {
    private static final int BUFFER_LENGTH = 1 << 20;

    private FileMove() {}

    /**
     * Moves a file that nobody writes to.
     *
     * @param to must be free; its directory must exist
     * @param staging where a copy is written before it is renamed to {@code to}; the same as {@code to} where nobody looks
     *     there before this returns
     * @param crc32c of the whole file (unmasked, unsigned), which a copy is compared with
     * @throws StoreException {@code CORRUPTION} {@code storage.copy} where the copied bytes have another one; then, and on
     *     any other failure, the file is still where it was
     */
    public static void move(Storage storage, String from, String to, String staging, long crc32c) throws IOException {
        try {
            storage.rename(from, to);
            return;
        } catch (StoreException e) {
            if (!e.code().equals(StorageErrors.CROSS_DEVICE)) {
                throw e;
            }
        }
        WritableFile target = storage.create(staging);
        try {
            try (target) {
                copy(storage, from, target, crc32c);
            }
            if (!staging.equals(to)) {
                storage.rename(staging, to);
            }
        } catch (IOException | RuntimeException | Error e) {
            deleteCopy(storage, staging, e);
            throw e;
        }
        boolean unused = storage.delete(from);
    }

    private static void copy(Storage storage, String from, WritableFile target, long crc32c) throws IOException {
        CRC32C crc = new CRC32C();
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[BUFFER_LENGTH]);
        try (ReadableFile source = storage.open(from)) {
            for (long at = 0; at < source.length(); ) {
                int length = (int) Math.min(BUFFER_LENGTH, source.length() - at);
                source.read(at, buffer, 0, length);
                Crc32c.update(crc, buffer, 0, length);
                target.append(buffer, 0, length);
                at += length;
            }
        }
        if (crc.getValue() != crc32c) {
            throw StoreException.corruption(
                    "storage.copy", from + ": CRC32C: expected " + crc32c + ", found " + crc.getValue());
        }
        target.sync();
    }

    private static void deleteCopy(Storage storage, String name, Throwable cause) {
        try {
            boolean unused = storage.delete(name);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }
}
