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

/** Reads CURRENT, and the manifest that it names, without changing anything. */
public final class ManifestReader {
    /** A manifest's name and a newline, with room for any number. */
    private static final int MAX_CURRENT_LENGTH = 64;

    private ManifestReader() {}

    /** Is told of a manifest's edits. */
    @FunctionalInterface
    public interface EditVisitor {
        /**
         * Takes an edit.
         *
         * @param end where its record ends in the file
         */
        void edit(VersionEdit edit, long end) throws IOException;
    }

    /**
     * The name of the manifest in force.
     *
     * @throws StoreException {@code NOT_FOUND} where there is no store; {@code CORRUPTION}
     */
    public static String currentManifest(Storage storage) throws IOException {
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

    /**
     * Passes the edits of a manifest in their order.
     *
     * @return bytes of a torn tail behind them, which no opener would read
     */
    public static long readEdits(Storage storage, String name, EditVisitor visitor) throws IOException {
        try (ReadableFile file = storage.open(name)) {
            LogReader reader = new LogReader(file);
            while (reader.next()) {
                String where = name + ", the record before offset " + reader.validEnd();
                visitor.edit(VersionEditDecoder.decode(where, reader.record()), reader.validEnd());
            }
            return reader.tornBytes();
        }
    }

    /** The state that a manifest describes; a torn tail is passed over. */
    static ManifestState read(
            Storage storage,
            String name,
            String defaultComparator,
            Function<String, @Nullable KeyComparator> comparators)
            throws IOException {
        ManifestReplay replay = new ManifestReplay(name, defaultComparator);
        readEdits(storage, name, (edit, end) -> replay.add(edit));
        return replay.finish(comparators);
    }

    private static StoreException badCurrent(String problem) {
        return StoreException.corruption(
                "manifest.current", "CURRENT " + problem + "; expected MANIFEST-<number> and a newline");
    }
}
