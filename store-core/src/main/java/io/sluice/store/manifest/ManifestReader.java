// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import io.sluice.store.wal.LogReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Reads CURRENT, and the manifest that it names. */
final class ManifestReader {
    /** A manifest's name and a newline, with room for any number. */
    private static final int MAX_CURRENT_LENGTH = 64;

    private ManifestReader() {}

    /** The name of the manifest in force. */
    static String currentManifest(Storage storage) throws IOException {
        try (ReadableFile file = storage.open(FileNames.CURRENT)) {
            if (file.length() > MAX_CURRENT_LENGTH) {
                throw badCurrent("is " + file.length() + " bytes long");
            }
            byte[] bytes = new byte[(int) file.length()];
            file.read(0, new UnsafeBuffer(bytes), 0, bytes.length);
            String text = new String(bytes, StandardCharsets.ISO_8859_1);
            if (!text.endsWith("\n")) {
                throw badCurrent("does not end in a newline");
            }
            String name = text.substring(0, text.length() - 1);
            if (FileNames.parse(name).type() != FileNames.Type.MANIFEST) {
                throw badCurrent("does not name a manifest");
            }
            return name;
        }
    }

    /** The state that a manifest describes; a torn tail is passed over. */
    static ManifestState read(
            Storage storage,
            String name,
            String defaultComparator,
            Function<String, @Nullable KeyComparator> comparators)
            throws IOException {
        try (ReadableFile file = storage.open(name)) {
            ManifestReplay replay = new ManifestReplay(name, defaultComparator);
            LogReader reader = new LogReader(file);
            while (reader.next()) {
                String where = name + ", the record before offset " + reader.validEnd();
                replay.add(VersionEditDecoder.decode(where, reader.record()));
            }
            return replay.finish(comparators);
        }
    }

    private static StoreException badCurrent(String problem) {
        return StoreException.corruption(
                "manifest.current", "CURRENT " + problem + "; expected MANIFEST-<number> and a newline");
    }
}
