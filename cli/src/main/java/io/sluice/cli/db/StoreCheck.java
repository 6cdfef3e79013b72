// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.db;

import io.sluice.cli.tool.Progress;
import io.sluice.cli.tool.Tables;
import io.sluice.store.ReadOnlyStore;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.manifest.ColumnFamilyInfo;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.manifest.ManifestOptions;
import io.sluice.store.manifest.Version;
import io.sluice.store.manifest.VersionSet;
import io.sluice.store.sst.TableReader;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.List;
import org.agrona.DirectBuffer;

/**
 * Reads all of a store without opening it for writing: the logs, and every entry of every SST: checksums, order, number, and
 * that all is within what the manifest says.
 */
public final class StoreCheck {
    private final Storage storage;
    private final Progress progress;
    private long files;
    private long entries;

    /** What was read. */
    public record Result(long files, long entries) {}

    private StoreCheck(Storage storage, Progress progress) {
        this.storage = storage;
        this.progress = progress;
    }

    /**
     * Reads a store.
     *
     * @throws StoreException {@code CORRUPTION} at the first thing that is wrong
     */
    public static Result run(Storage storage, Progress progress) throws IOException {
        StoreCheck check = new StoreCheck(storage, progress);
        ReadOnlyStore.open(storage).close();
        for (ColumnFamilyInfo family : VersionSet.list(storage, ManifestOptions.defaults())) {
            Version version = family.version();
            for (int level = 0; level < version.levelCount(); level++) {
                checkLevel(family, version.files(level), level);
                for (FileMetadata file : version.files(level)) {
                    check.checkFile(file, version.comparator());
                }
            }
        }
        return new Result(check.files, check.entries);
    }

    /** Files of a level below L0 don't overlap; the manifest's reader has ordered them by their first keys. */
    private static void checkLevel(ColumnFamilyInfo family, List<FileMetadata> files, int level) throws StoreException {
        for (int i = 1; level > 0 && i < files.size(); i++) {
            DirectBuffer before = files.get(i - 1).largest().buffer();
            if (Tables.compare(
                            family.version().comparator(),
                            before,
                            files.get(i).smallest().buffer())
                    >= 0) {
                throw StoreException.corruption(
                        "manifest.overlap",
                        "column family " + family.name() + ", level " + level + ": "
                                + FileNames.table(files.get(i - 1).number()) + " and "
                                + FileNames.table(files.get(i).number()) + " overlap: restore the store");
            }
        }
    }

    private void checkFile(FileMetadata file, KeyComparator order) throws IOException {
        String name = FileNames.table(file.number());
        progress.phase(name);
        long length = storage.length(name);
        if (length != file.size()) {
            throw StoreException.corruption(
                    "table.size",
                    name + " has " + length + " bytes, the manifest says " + file.size() + ": restore the file");
        }
        try (TableReader table = Tables.open(storage, name)) {
            table.verifyChecksums();
            entries += Tables.check(name, table, key -> checkWithin(name, file, order, key), progress);
        }
        files++;
    }

    private static void checkWithin(String name, FileMetadata file, KeyComparator order, DirectBuffer key)
            throws StoreException {
        int length = InternalKey.userKeyLength(key);
        DirectBuffer smallest = file.smallest().buffer();
        DirectBuffer largest = file.largest().buffer();
        boolean within = order.compare(smallest, 0, InternalKey.userKeyLength(smallest), key, 0, length) <= 0
                && order.compare(key, 0, length, largest, 0, InternalKey.userKeyLength(largest)) <= 0;
        long sequence = InternalKey.sequence(InternalKey.trailer(key));
        if (!within || sequence < file.smallestSequence() || sequence > file.largestSequence()) {
            throw StoreException.corruption(
                    "sst.beyond-manifest",
                    name + ": an entry is not within the keys and sequence numbers that the manifest says: restore it");
        }
    }
}
