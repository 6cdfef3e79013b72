// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.store.base.Crc32c;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/** Copies whole files from one storage to another. */
final class FileCopy {
    private static final int BUFFER_LENGTH = 1 << 20;

    private FileCopy() {}

    /**
     * What was copied.
     *
     * @param crc32c of all of it, unmasked, unsigned
     */
    record Copied(long length, long crc32c) {}

    /**
     * Copies a file, durably but for its directory's entry.
     *
     * @param to must be free; its directory must exist
     * @param ending ends it
     */
    static Copied copy(Storage source, String from, Storage target, String to, Ending ending) throws IOException {
        CRC32C crc = new CRC32C();
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[BUFFER_LENGTH]);
        try (ReadableFile in = source.open(from);
                WritableFile out = target.create(to)) {
            for (long at = 0; at < in.length(); ) {
                ending.check();
                int length = (int) Math.min(BUFFER_LENGTH, in.length() - at);
                in.read(at, buffer, 0, length);
                Crc32c.update(crc, buffer, 0, length);
                out.append(buffer, 0, length);
                at += length;
            }
            out.sync();
            return new Copied(in.length(), crc.getValue());
        }
    }
}
