// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.db;

import io.sluice.cli.tool.Output;
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
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.agrona.DirectBuffer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice db check}: more than {@code ldb checkconsistency}, which looks at the files' sizes. */
@Command(
        name = "check",
        aliases = "checkconsistency",
        description = "Open the store for reading, then read every entry of every SST: checksums, order, number, and"
                + " that all is within what the manifest says.")
final class CheckCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--db", required = true, paramLabel = "DIR", description = "The store: a path or URI.")
    private String db = "";

    @Option(names = "--json", description = "Print a JSON object.")
    private boolean json;

    private long files;
    private long entries;

    @Override
    public Integer call() throws Exception {
        Progress progress = new Progress(spec.commandLine().getErr(), System::nanoTime);
        try (Storage storage = Storages.open(db, Map.of());
                Output out = Output.ofStdout()) {
            ReadOnlyStore.open(storage).close();
            for (ColumnFamilyInfo family : VersionSet.list(storage, ManifestOptions.defaults())) {
                Version version = family.version();
                for (int level = 0; level < version.levelCount(); level++) {
                    checkLevel(family, version.files(level), level);
                    for (FileMetadata file : version.files(level)) {
                        checkFile(storage, file, version.comparator(), progress);
                    }
                }
            }
            if (json) {
                Map<String, Object> result = new LinkedHashMap<>();
                result.put("ok", true);
                result.put("files", files);
                result.put("entries", entries);
                out.json(result);
            } else {
                out.text("OK").line();
            }
        }
        return 0;
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

    private void checkFile(Storage storage, FileMetadata file, KeyComparator order, Progress progress)
            throws IOException {
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
