// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Applies edits to a version's files and checks that what comes out is one. One thread at a time. */
final class VersionBuilder {
    private static final int DEFAULT_LEVELS = 7;
    /** As RocksDB orders its L0 (NewestFirstByEpochNumber in db/version_builder.cc). */
    private static final Comparator<FileMetadata> OLDEST_FIRST = Comparator.comparingLong(FileMetadata::epochNumber)
            .thenComparingLong(FileMetadata::largestSequence)
            .thenComparingLong(FileMetadata::smallestSequence)
            .thenComparingLong(FileMetadata::number);

    private final Map<Long, VersionEdit.NewFile> files = new HashMap<>();

    VersionBuilder(@Nullable Version base) {
        if (base != null) {
            for (int level = 0; level < base.levelCount(); level++) {
                for (FileMetadata file : base.files(level)) {
                    files.put(file.number(), new VersionEdit.NewFile(level, file));
                }
            }
        }
    }

    void apply(VersionEdit edit) throws StoreException {
        for (VersionEdit.DeletedFile deleted : edit.deletedFiles()) {
            VersionEdit.NewFile present = files.get(deleted.number());
            if (present == null || present.level() != deleted.level()) {
                throw inconsistent("deletes file " + deleted.number() + " from level " + deleted.level() + ", where "
                        + (present == null ? "no such file is" : "it is on level " + present.level()));
            }
            files.remove(deleted.number());
        }
        for (VersionEdit.NewFile added : edit.newFiles()) {
            if (files.putIfAbsent(added.file().number(), added) != null) {
                throw inconsistent("adds file " + added.file().number() + ", which is there already");
            }
        }
    }

    Version build(KeyComparator comparator) throws StoreException {
        int levelCount = DEFAULT_LEVELS;
        for (VersionEdit.NewFile file : files.values()) {
            levelCount = Math.max(levelCount, file.level() + 1);
        }
        List<List<FileMetadata>> levels = new ArrayList<>(levelCount);
        for (int level = 0; level < levelCount; level++) {
            levels.add(new ArrayList<>());
        }
        for (VersionEdit.NewFile file : files.values()) {
            checkBounds(comparator, file.file());
            levels.get(file.level()).add(file.file());
        }
        giveEpochNumbers(levels);
        levels.get(0).sort(OLDEST_FIRST.reversed());
        for (int level = 1; level < levelCount; level++) {
            sortByKey(comparator, level, levels.get(level));
        }
        return new Version(comparator, levels);
    }

    /**
     * RocksDB before 7.10 wrote no epoch numbers: there the sequence numbers tell the age of L0 files. Below L0 the
     * number only has to be there, and lower than those of L0.
     */
    private static void giveEpochNumbers(List<List<FileMetadata>> levels) {
        if (levels.stream().flatMap(List::stream).allMatch(file -> file.epochNumber() > 0)) {
            return;
        }
        levels.get(0).sort(OLDEST_FIRST);
        for (int level = 0; level < levels.size(); level++) {
            List<FileMetadata> files = levels.get(level);
            for (int i = 0; i < files.size(); i++) {
                files.set(i, files.get(i).withEpochNumber(level == 0 ? i + 2L : 1));
            }
        }
    }

    private static void checkBounds(KeyComparator comparator, FileMetadata file) throws StoreException {
        if (Version.compare(comparator, file.smallest().buffer(), file.largest().buffer()) > 0) {
            throw inconsistent("has file " + file.number() + " with its smallest key " + file.smallest()
                    + " behind its largest " + file.largest());
        }
    }

    private static void sortByKey(KeyComparator comparator, int level, List<FileMetadata> files) throws StoreException {
        files.sort((a, b) ->
                Version.compare(comparator, a.smallest().buffer(), b.smallest().buffer()));
        for (int i = 1; i < files.size(); i++) {
            FileMetadata left = files.get(i - 1);
            FileMetadata right = files.get(i);
            if (Version.compare(
                            comparator,
                            left.largest().buffer(),
                            right.smallest().buffer())
                    >= 0) {
                throw inconsistent("has files " + left.number() + " and " + right.number() + " overlap on level "
                        + level + ": " + left.largest() + " and " + right.smallest());
            }
        }
    }

    private static StoreException inconsistent(String problem) {
        return StoreException.corruption("manifest.inconsistent", "a version edit " + problem);
    }
}
