// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.db;

import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.ConfigOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.LoadedOptions;
import io.sluice.store.LoadedOptions.Reason;
import io.sluice.store.OptionsUtil;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.manifest.ColumnFamilyInfo;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.manifest.ManifestOptions;
import io.sluice.store.manifest.VersionSet;
import io.sluice.store.memory.DirectMemory;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * The options that a command opens a store with: those of its OPTIONS file where it has one, for the column families that
 * its manifest has. What {@code ldb} does with {@code --try_load_options}, its default.
 */
final class StoredOptions {
    /** Joins operands that no operator is known for, when they are printed, as {@code ldb} does. */
    private static final String DELIMITER = ":";
    /** Room for memtables where no option says otherwise: a tool writes little. */
    private static final long MEMTABLE_BYTES = 64L << 20;

    private static final long MIN_MEMTABLE_BYTES = 4L << 20;

    private final DBOptions db;
    private final List<ColumnFamilyDescriptor> columnFamilies;

    private StoredOptions(DBOptions db, List<ColumnFamilyDescriptor> columnFamilies) {
        this.db = db;
        this.columnFamilies = columnFamilies;
    }

    /**
     * The options of the store in a directory, which need not hold one.
     *
     * @param fromFile whether the OPTIONS file is asked
     * @param err where is told what the file names and nobody here knows
     */
    static StoredOptions load(Storage storage, boolean fromFile, PrintWriter err) throws IOException {
        DBOptions defaults =
                DBOptions.builder().dbWriteBufferSize(MEMTABLE_BYTES).build();
        if (!storage.exists(FileNames.CURRENT)) {
            return new StoredOptions(defaults, List.of());
        }
        LoadedOptions loaded = fromFile && hasFile(storage) ? load(storage, err) : null;
        List<ColumnFamilyDescriptor> families = new ArrayList<>();
        for (ColumnFamilyInfo info : VersionSet.list(storage, ManifestOptions.defaults())) {
            ColumnFamilyDescriptor stored = loaded == null ? null : loaded.columnFamily(info.name());
            ColumnFamilyOptions options = stored == null ? ColumnFamilyOptions.DEFAULT : stored.options();
            families.add(new ColumnFamilyDescriptor(
                    info.name(),
                    options.toBuilder().comparator(info.version().comparator()).build()));
        }
        return new StoredOptions(loaded == null ? defaults : loaded.dbOptions(), families);
    }

    /** Those of the store, for writing. */
    DBOptions db(boolean createIfMissing) {
        long memory = Math.min(db.dbWriteBufferSize(), DirectMemory.limit() / 2);
        return db.toBuilder()
                .createIfMissing(createIfMissing)
                .errorIfExists(false)
                .dbWriteBufferSize(Math.max(MIN_MEMTABLE_BYTES, memory))
                .build();
    }

    /** Those of all column families, for writing: operands that no operator is known for stay as they are. */
    List<ColumnFamilyDescriptor> columnFamilies() {
        return columnFamilies;
    }

    /** Those of all column families, for reading. */
    List<ColumnFamilyDescriptor> forReading() {
        return columnFamilies.stream()
                .map(family -> family.options().mergeOperator() != null
                        ? family
                        : new ColumnFamilyDescriptor(
                                family.name(),
                                family.options().toBuilder()
                                        .mergeOperator(MergeOperators.stringAppend(DELIMITER))
                                        .build()))
                .toList();
    }

    private static boolean hasFile(Storage storage) throws IOException {
        return storage.list("").stream().anyMatch(name -> FileNames.parse(name).type() == FileNames.Type.OPTIONS);
    }

    private static LoadedOptions load(Storage storage, PrintWriter err) throws IOException {
        ConfigOptions lenient =
                ConfigOptions.builder().ignoreUnknownOptions(true).build();
        LoadedOptions loaded = OptionsUtil.loadLatestOptions(lenient, storage);
        for (LoadedOptions.SkippedOption skipped : loaded.skipped()) {
            if (skipped.name().equals("merge_operator") && skipped.reason() == Reason.VALUE_UNSUPPORTED) {
                err.println("sluice: " + skipped.section() + ": the merge operator " + skipped.value()
                        + " is not known here; its operands are joined with \"" + DELIMITER + "\" where they are read");
            }
        }
        return loaded;
    }
}
