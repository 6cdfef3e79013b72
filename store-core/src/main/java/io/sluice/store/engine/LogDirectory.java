// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.options.OptionEntry;
import io.sluice.store.options.OptionsFileFormat;
import io.sluice.store.options.OptionsFileReader;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refuses a store whose logs are in another directory, as RocksDB's OPTIONS file says: without them its last writes would
 * seem never to have been.
 */
final class LogDirectory {
    private static final Logger LOGGER = LoggerFactory.getLogger(LogDirectory.class);
    private static final String OPTION = "wal_dir";

    private LogDirectory() {}

    static void check(Storage storage) throws IOException {
        long newest = -1;
        for (String name : storage.list("")) {
            FileNames.Parsed parsed = FileNames.parse(name);
            if (parsed.type() == FileNames.Type.OPTIONS) {
                newest = Math.max(newest, parsed.number());
            }
        }
        if (newest < 0) {
            return;
        }
        String name = FileNames.options(newest);
        for (OptionEntry option : options(storage, name)) {
            if (option.name().equals(OPTION) && !option.value().isEmpty()) {
                throw new StoreException(
                        Kind.NOT_SUPPORTED,
                        "store.wal-dir",
                        storage.uri() + ": by " + name + " the store's logs are in wal_dir=" + option.value()
                                + ", and are read from the store's own directory only: flush the store with RocksDB, and"
                                + " open it there once without wal_dir");
            }
        }
    }

    /** The store's options; none where the file can't be understood, since nothing else needs it. */
    private static List<OptionEntry> options(Storage storage, String name) throws IOException {
        byte[] bytes;
        try (ReadableFile file = storage.open(name)) {
            if (file.length() > OptionsFileFormat.MAX_LENGTH) {
                return List.of();
            }
            bytes = new byte[(int) file.length()];
            file.read(0, new UnsafeBuffer(bytes), 0, bytes.length);
        }
        try {
            return OptionsFileReader.read(bytes, name).db().entries();
        } catch (StoreException e) {
            LOGGER.warn("{}/{} is no OPTIONS file, and is passed over: {}", storage.uri(), name, e.getMessage());
            return List.of();
        }
    }
}
