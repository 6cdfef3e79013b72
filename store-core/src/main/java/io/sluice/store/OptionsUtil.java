// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.options.OptionsFileFormat;
import io.sluice.store.options.OptionsFileReader;
import io.sluice.store.storage.LocalStorage;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads the options that a store was last opened with, as RocksDB or Sluice wrote them: RocksDB's {@code OptionsUtil}. A
 * store writes its OPTIONS file when it is opened, when a column family is created or dropped, and when options are
 * changed.
 */
public final class OptionsUtil {
    private OptionsUtil() {}

    /** As {@link #loadLatestOptions(ConfigOptions, Storage)}, of a store in a local directory. */
    public static LoadedOptions loadLatestOptions(ConfigOptions config, Path directory) throws StoreException {
        try (LocalStorage storage = new LocalStorage(directory)) {
            return loadLatestOptions(config, storage);
        } catch (IOException e) {
            throw StoreException.wrap("store.failed", e);
        }
    }

    /**
     * The options in the newest OPTIONS file of a store.
     *
     * @throws StoreException {@code NOT_FOUND} {@code options.file.missing}; else as {@link #parse}
     */
    public static LoadedOptions loadLatestOptions(ConfigOptions config, Storage storage) throws StoreException {
        return loadOptionsFromFile(config, storage, latestOptionsFileName(storage));
    }

    /** The options in a file of a storage; see {@link #parse}. */
    public static LoadedOptions loadOptionsFromFile(ConfigOptions config, Storage storage, String name)
            throws StoreException {
        String where = storage.uri() + "/" + name;
        byte[] bytes;
        try (ReadableFile file = storage.open(name)) {
            if (file.length() > OptionsFileFormat.MAX_LENGTH) {
                throw OptionsFileReader.tooLong(where, file.length());
            }
            bytes = new byte[(int) file.length()];
            file.read(0, new UnsafeBuffer(bytes), 0, bytes.length);
        } catch (IOException e) {
            throw StoreException.wrap("store.failed", e);
        }
        return parse(config, bytes, where);
    }

    /**
     * The name of the newest OPTIONS file of a store.
     *
     * @throws StoreException {@code NOT_FOUND} {@code options.file.missing}
     */
    public static String latestOptionsFileName(Storage storage) throws StoreException {
        long newest = -1;
        try {
            for (String name : storage.list("")) {
                FileNames.Parsed parsed = FileNames.parse(name);
                if (parsed.type() == FileNames.Type.OPTIONS) {
                    newest = Math.max(newest, parsed.number());
                }
            }
        } catch (IOException e) {
            throw StoreException.wrap("store.failed", e);
        }
        if (newest < 0) {
            throw new StoreException(
                    Kind.NOT_FOUND,
                    "options.file.missing",
                    storage.uri()
                            + " has no OPTIONS file: give the options, or open the store once to have one written");
        }
        return FileNames.options(newest);
    }

    /**
     * The options in the bytes of a file.
     *
     * @param where what messages call it
     * @throws StoreException {@code CORRUPTION} {@code options.file.*} for what is no OPTIONS file; {@code INVALID_ARGUMENT}
     *     {@code options.file.value} for a value that cannot be understood, {@code options.file.unknown} and {@code
     *     options.file.unsupported} unless {@code config} passes over them; {@code NOT_SUPPORTED} {@code
     *     options.file.version}. Each names the line; there are no others, whatever the bytes
     */
    public static LoadedOptions parse(ConfigOptions config, byte[] file, String where) throws StoreException {
        return new OptionsInterpreter(config, where).run(OptionsFileReader.read(file, where));
    }
}
