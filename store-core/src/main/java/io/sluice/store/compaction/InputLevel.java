// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.manifest.FileMetadata;
import java.util.List;

/**
 * Files of one level. A value.
 *
 * @param level the level
 * @param files in the level's order
 */
public record InputLevel(int level, List<FileMetadata> files) {
    /** Makes the list unmodifiable. */
    public InputLevel {
        files = List.copyOf(files);
    }

    /** Bytes of the files. */
    public long size() {
        return FileRanges.size(files);
    }
}
