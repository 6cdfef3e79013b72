// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import io.sluice.store.base.StoreException;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** The file IDENTITY: the store's id as text. */
final class IdentityFile {
    private static final String TEMPORARY = "IDENTITY.dbtmp";
    private static final int MAX_LENGTH = 256;

    private IdentityFile() {}

    /** The id, or null where there is no such file. */
    static @Nullable String read(Storage storage) throws IOException {
        if (!storage.exists(FileNames.IDENTITY)) {
            return null;
        }
        try (ReadableFile file = storage.open(FileNames.IDENTITY)) {
            if (file.length() < 1 || file.length() > MAX_LENGTH) {
                throw StoreException.corruption(
                        "manifest.identity",
                        "IDENTITY has " + file.length()
                                + " bytes; expected a UUID; delete the file to have it made anew");
            }
            byte[] bytes = new byte[(int) file.length()];
            file.read(0, new UnsafeBuffer(bytes), 0, bytes.length);
            return new String(bytes, StandardCharsets.UTF_8).stripTrailing();
        }
    }

    static void write(Storage storage, Epoch epoch, String id) throws IOException {
        byte[] bytes = id.getBytes(StandardCharsets.UTF_8);
        try (WritableFile file = epoch.create(TEMPORARY)) {
            file.append(new UnsafeBuffer(bytes), 0, bytes.length);
            file.sync();
        }
        epoch.publishOver(TEMPORARY, FileNames.IDENTITY);
    }
}
