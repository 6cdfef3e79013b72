// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Plays edits onto a state, as RocksDB does (db/version_edit_handler.cc). Used to read a manifest and to make the state
 * behind a new edit, so that both give the same. One thread at a time.
 */
final class ManifestReplay {
    static final String DEFAULT_COLUMN_FAMILY = "default";
    private static final int MAX_GROUP_LENGTH = 1 << 20;

    private final String what;
    private final SortedMap<Integer, Family> families = new TreeMap<>();
    private final List<VersionEdit> group = new ArrayList<>();
    private @Nullable String dbId;
    private long nextFileNumber = VersionEdit.ABSENT;
    private long lastSequence = VersionEdit.ABSENT;
    private long prevLogNumber;
    private long minLogNumberToKeep;
    private long maxColumnFamily;
    private boolean hasLogNumber;
    private long highestFileNumber;

    private static final class Family {
        private final String name;
        private String comparatorName;
        private long logNumber;
        private final @Nullable Version base;
        private @Nullable VersionBuilder builder;

        Family(String name, String comparatorName, long logNumber, @Nullable Version base) {
            this.name = name;
            this.comparatorName = comparatorName;
            this.logNumber = logNumber;
            this.base = base;
        }
    }

    /** A replay from nothing: every manifest begins with the default column family. */
    ManifestReplay(String what, String defaultComparator) {
        this.what = what;
        families.put(0, new Family(DEFAULT_COLUMN_FAMILY, defaultComparator, 0, null));
    }

    /** A replay on top of a state. */
    ManifestReplay(String what, ManifestState base) {
        this.what = what;
        this.dbId = base.dbId();
        this.nextFileNumber = base.nextFileNumber();
        this.lastSequence = base.lastSequence();
        this.prevLogNumber = base.prevLogNumber();
        this.minLogNumberToKeep = base.minLogNumberToKeep();
        this.maxColumnFamily = base.maxColumnFamily();
        this.hasLogNumber = true;
        base.columnFamilies()
                .forEach((id, info) -> families.put(
                        id, new Family(info.name(), info.comparatorName(), info.logNumber(), info.version())));
    }

    /** Takes the next edit. Those of an atomic group count when the last of them is there. */
    void add(VersionEdit edit) throws StoreException {
        long remaining = edit.remainingInGroup();
        if (remaining == VersionEdit.ABSENT) {
            if (!group.isEmpty()) {
                throw corrupt("an edit stands inside an atomic group");
            }
            apply(edit);
            return;
        }
        if (remaining > MAX_GROUP_LENGTH
                || (!group.isEmpty() && group.get(group.size() - 1).remainingInGroup() != remaining + 1)) {
            throw corrupt("an atomic group has edits missing: " + remaining + " remaining");
        }
        group.add(edit);
        if (remaining == 0) {
            for (VersionEdit member : group) {
                apply(member);
            }
            group.clear();
        }
    }

    /**
     * The state. An atomic group whose end is missing never happened.
     *
     * @param comparators the comparator of a name, or null
     */
    ManifestState finish(Function<String, @Nullable KeyComparator> comparators) throws StoreException {
        if (!hasLogNumber || nextFileNumber == VersionEdit.ABSENT || lastSequence == VersionEdit.ABSENT) {
            throw corrupt("log number, next file number or last sequence is missing");
        }
        SortedMap<Integer, ColumnFamilyInfo> infos = new TreeMap<>();
        for (Map.Entry<Integer, Family> entry : families.entrySet()) {
            Family family = entry.getValue();
            Version version = family.builder == null && family.base != null
                    ? family.base
                    : builder(family).build(comparator(comparators, family));
            infos.put(
                    entry.getKey(),
                    new ColumnFamilyInfo(
                            entry.getKey(), family.name, family.comparatorName, family.logNumber, version));
        }
        return new ManifestState(
                dbId,
                infos,
                Math.max(nextFileNumber, highestFileNumber + 1),
                lastSequence,
                prevLogNumber,
                minLogNumberToKeep,
                (int) maxColumnFamily);
    }

    private void apply(VersionEdit edit) throws StoreException {
        int id = edit.columnFamily();
        if (edit.addedColumnFamily() != null) {
            addFamily(id, edit.addedColumnFamily());
        }
        Family family = families.get(id);
        if (family == null) {
            throw corrupt("an edit is about column family " + id + ", which does not exist");
        }
        if (edit.comparatorName() != null) {
            family.comparatorName = edit.comparatorName();
        }
        if (edit.logNumber() != VersionEdit.ABSENT) {
            hasLogNumber = true;
            family.logNumber = Math.max(family.logNumber, edit.logNumber());
            highestFileNumber = Math.max(highestFileNumber, edit.logNumber());
        }
        if (!edit.newFiles().isEmpty() || !edit.deletedFiles().isEmpty()) {
            builder(family).apply(edit);
            edit.newFiles()
                    .forEach(added -> highestFileNumber =
                            Math.max(highestFileNumber, added.file().number()));
        }
        if (edit.dropsColumnFamily()) {
            if (id == 0) {
                throw corrupt("the default column family is dropped");
            }
            families.remove(id);
        }
        applyNumbers(edit);
    }

    private void applyNumbers(VersionEdit edit) {
        if (edit.dbId() != null) {
            dbId = edit.dbId();
        }
        nextFileNumber = Math.max(nextFileNumber, edit.nextFileNumber());
        lastSequence = Math.max(lastSequence, edit.lastSequence());
        prevLogNumber = Math.max(prevLogNumber, edit.prevLogNumber());
        minLogNumberToKeep = Math.max(minLogNumberToKeep, edit.minLogNumberToKeep());
        maxColumnFamily = Math.max(maxColumnFamily, edit.maxColumnFamily());
    }

    private void addFamily(int id, String name) throws StoreException {
        if (families.containsKey(id) || families.values().stream().anyMatch(f -> f.name.equals(name))) {
            throw corrupt("column family " + id + " \"" + name + "\" is added twice");
        }
        families.put(id, new Family(name, BytewiseComparator.INSTANCE.name(), 0, null));
        maxColumnFamily = Math.max(maxColumnFamily, id);
    }

    private static VersionBuilder builder(Family family) {
        VersionBuilder builder = family.builder;
        if (builder == null) {
            builder = new VersionBuilder(family.base);
            family.builder = builder;
        }
        return builder;
    }

    private KeyComparator comparator(Function<String, @Nullable KeyComparator> comparators, Family family)
            throws StoreException {
        KeyComparator comparator = comparators.apply(family.comparatorName);
        if (comparator == null) {
            throw StoreException.invalid(
                    "manifest.comparator",
                    what + ": column family \"" + family.name + "\" is ordered by the comparator \""
                            + family.comparatorName + "\", which is not known here; open the store with it");
        }
        return comparator;
    }

    private StoreException corrupt(String problem) {
        return StoreException.corruption("manifest.inconsistent", what + ": " + problem);
    }
}
