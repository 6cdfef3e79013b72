// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactionSettings;
import io.sluice.store.compaction.LevelTargets;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.Version;
import io.sluice.store.manifest.VersionEdit;
import io.sluice.store.manifest.VersionSet;
import java.io.IOException;
import java.util.List;

/**
 * Moves all files of a level to another one, as they are: {@code DBImpl::ReFitLevel} in
 * db/db_impl/db_impl_compaction_flush.cc. While nothing else is compacted; on the installer's thread.
 */
final class Refit {
    private final VersionSet versions;

    Refit(VersionSet versions) {
        this.versions = versions;
    }

    /** Moves them to {@code targetLevel}, or, below 0, to the highest level that they fit on. */
    void run(ColumnFamily family, int level, int targetLevel) throws IOException {
        CompactionSettings settings = family.settings().compaction();
        VersionEdit edit = new VersionEdit(family.id());
        Version before = versions.retainVersion(family.id());
        try {
            int target = targetLevel < 0 ? highestFitting(before, level, settings) : targetLevel;
            List<FileMetadata> files = before.files(level);
            if (target == level || files.isEmpty()) {
                return;
            }
            check(before, level, target, settings, files);
            for (FileMetadata file : files) {
                edit.deleteFile(level, file.number()).addFile(target, file);
            }
        } finally {
            before.release();
        }
        versions.logAndApply(edit);
        Version after = versions.retainVersion(family.id());
        try {
            family.showFiles(after);
        } finally {
            after.release();
        }
    }

    private static int highestFitting(Version version, int level, CompactionSettings settings) {
        LevelTargets targets = LevelTargets.of(version, settings);
        int highest = level;
        for (int i = level - 1; i > 0; i--) {
            if (!version.files(i).isEmpty() || targets.maxBytes(i) < version.size(level)) {
                break;
            }
            highest = i;
        }
        return highest;
    }

    private static void check(
            Version version, int level, int target, CompactionSettings settings, List<FileMetadata> files)
            throws StoreException {
        if (target >= settings.numLevels()) {
            throw StoreException.invalid(
                    "compaction.level", "target level " + target + ": expected at most " + (settings.numLevels() - 1));
        }
        if (level == 0 || (target == 0 && files.size() > 1)) {
            throw unsupported("files are moved neither from L0 nor, where they are several, to it");
        }
        for (int i = Math.min(level, target); i <= Math.max(level, target); i++) {
            if (i != level && !version.files(i).isEmpty()) {
                throw unsupported("level " + i + ", on the way from " + level + " to " + target + ", has files");
            }
        }
    }

    private static StoreException unsupported(String problem) {
        return new StoreException(Kind.NOT_SUPPORTED, "compaction.refit", "the level can't be changed: " + problem);
    }
}
