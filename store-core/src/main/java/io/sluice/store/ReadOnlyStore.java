// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.manifest.ManifestReader;
import io.sluice.store.storage.LocalStorage;
import io.sluice.store.storage.OverlayStorage;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A store that is only read, as it stood when it was opened: neither its directory nor a process that has it open notices
 * (no lock, no epoch, nothing written). What its logs hold is read into memory. Safe for concurrent use; whoever opened it
 * closes it.
 *
 * <p>A store that is open elsewhere goes on meanwhile: a file that its owner deletes before it is read here is a
 * {@code NOT_FOUND} error. Open it again then.
 */
public final class ReadOnlyStore implements AutoCloseable {
    /** What a store consists of; the rest is its owner's own. */
    private static final Set<FileNames.Type> SHOWN = EnumSet.of(
            FileNames.Type.CURRENT,
            FileNames.Type.IDENTITY,
            FileNames.Type.MANIFEST,
            FileNames.Type.TABLE,
            FileNames.Type.WAL,
            FileNames.Type.OPTIONS);

    private static final int ATTEMPTS = 5;
    private static final long MEMTABLE_BYTES = 64L << 20;

    private final Store store;
    private final @Nullable Storage ownStorage;

    private ReadOnlyStore(Store store, @Nullable Storage ownStorage) {
        this.store = store;
        this.ownStorage = ownStorage;
    }

    /** Opens the store in a local directory, its column families with default options. */
    public static ReadOnlyStore open(Path directory) throws StoreException {
        LocalStorage storage = new LocalStorage(directory);
        return new ReadOnlyStore(openOver(storage, List.of()), storage);
    }

    /** Opens a store, its column families with default options; see {@link #open(Storage, List)}. */
    public static ReadOnlyStore open(Storage storage) throws StoreException {
        return open(storage, List.of());
    }

    /**
     * Opens a store.
     *
     * @param storage its directory; stays the caller's, who closes it after the store
     * @param columnFamilies options of column families by name, of which reading needs {@code merge_operator}. Those that
     *     the store has beside them are opened with default options; those that it has not are an error
     * @throws StoreException {@code NOT_FOUND} where there is none; {@code BUSY} {@code store.changing} where its owner
     *     changes it faster than it can be opened
     */
    public static ReadOnlyStore open(Storage storage, List<ColumnFamilyDescriptor> columnFamilies)
            throws StoreException {
        return new ReadOnlyStore(openOver(storage, columnFamilies), null);
    }

    /** The column family that every store has. */
    public ColumnFamilyHandle defaultColumnFamily() {
        return store.defaultColumnFamily();
    }

    /** All column families, by id. */
    public List<ColumnFamilyHandle> columnFamilies() {
        return store.columnFamilies();
    }

    /** The column family of that name, or null where there is none. */
    public @Nullable ColumnFamilyHandle columnFamily(String name) {
        return store.columnFamily(name);
    }

    /** See {@link Store#get(ColumnFamilyHandle, byte[])}. */
    public byte @Nullable [] get(ColumnFamilyHandle columnFamily, byte[] key) throws StoreException {
        return store.get(columnFamily, key);
    }

    /** See {@link Store#get(ColumnFamilyHandle, ByteBuffer, ByteBuffer)}. */
    public int get(ColumnFamilyHandle columnFamily, ByteBuffer key, ByteBuffer value) throws StoreException {
        return store.get(columnFamily, key, value);
    }

    /** See {@link Store#newIterator(ColumnFamilyHandle, ReadOptions)}. */
    public StoreIterator newIterator(ColumnFamilyHandle columnFamily, ReadOptions options) throws StoreException {
        return store.newIterator(columnFamily, options);
    }

    /** See {@link Store#propertiesOfAllTables}. */
    public Map<String, Map<String, String>> propertiesOfAllTables(ColumnFamilyHandle columnFamily)
            throws StoreException {
        return store.propertiesOfAllTables(columnFamily);
    }

    /** The store's IDENTITY. */
    public String identity() {
        return store.identity();
    }

    @Override
    public void close() throws StoreException {
        try {
            store.close();
        } finally {
            if (ownStorage != null) {
                close(ownStorage);
            }
        }
    }

    /** An owner that flushes meanwhile deletes logs: what stood in them is read only once its manifest stands still. */
    private static Store openOver(Storage storage, List<ColumnFamilyDescriptor> columnFamilies) throws StoreException {
        try {
            for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
                String before = stamp(storage);
                Store store;
                try {
                    store = openOnce(storage, columnFamilies);
                } catch (StoreException e) {
                    if (stamp(storage).equals(before)) {
                        throw e;
                    }
                    continue;
                }
                if (stamp(storage).equals(before)) {
                    return store;
                }
                store.close();
            }
        } catch (IOException e) {
            throw StoreException.wrap("store.failed", e);
        }
        throw new StoreException(
                Kind.BUSY,
                "store.changing",
                storage.uri() + ": its owner changed it each of the " + ATTEMPTS
                        + " times that it was being opened for reading; try again when it writes less");
    }

    private static Store openOnce(Storage storage, List<ColumnFamilyDescriptor> columnFamilies) throws StoreException {
        OverlayStorage overlay = new OverlayStorage(
                storage, name -> SHOWN.contains(FileNames.parse(name).type()));
        DBOptions options = DBOptions.builder()
                .dbWriteBufferSize(MEMTABLE_BYTES)
                .avoidFlushDuringShutdown(true)
                .build();
        return Store.open(
                options,
                overlay,
                columnFamilies.stream()
                        .map(family -> new ColumnFamilyDescriptor(family.name(), withoutCompactions(family.options())))
                        .toList(),
                withoutCompactions(ColumnFamilyOptions.DEFAULT),
                overlay);
    }

    private static ColumnFamilyOptions withoutCompactions(ColumnFamilyOptions options) {
        return options.toBuilder().disableAutoCompactions(true).build();
    }

    /** Changes with every edit of the manifest. */
    private static String stamp(Storage storage) throws IOException {
        if (!storage.exists(FileNames.CURRENT)) {
            throw new StoreException(
                    Kind.NOT_FOUND, "store.missing", storage.uri() + " holds no store: it has no file CURRENT");
        }
        String manifest = ManifestReader.currentManifest(storage);
        return manifest + " " + storage.length(manifest);
    }

    private static void close(Storage storage) throws StoreException {
        try {
            storage.close();
        } catch (IOException e) {
            throw StoreException.wrap("store.failed", e);
        }
    }
}
