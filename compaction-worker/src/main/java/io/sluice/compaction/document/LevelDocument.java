// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import io.sluice.store.compaction.InputLevel;
import java.util.List;

/**
 * Files of one level, in its order: {@link InputLevel}.
 *
 * @param level 0 to 63
 * @param files at least one
 */
public record LevelDocument(int level, List<FileDocument> files) {
    static final int MAX_LEVEL = 63;

    /** Checks the ranges. */
    public LevelDocument {
        files = List.copyOf(files);
        Check.range("level", level, 0, MAX_LEVEL);
        Check.atLeast("number of files", files.size(), 1);
    }

    static LevelDocument of(InputLevel level) {
        return new LevelDocument(
                level.level(), level.files().stream().map(FileDocument::of).toList());
    }

    InputLevel inputLevel() {
        return new InputLevel(level, files.stream().map(FileDocument::metadata).toList());
    }
}
