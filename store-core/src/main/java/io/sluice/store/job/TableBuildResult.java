// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.job;

import io.sluice.store.manifest.FileMetadata;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link TableBuild} made.
 *
 * @param file the table for the manifest, or null where no entry was left: the file is then empty
 * @param crc32c of the whole file, unmasked, unsigned; 0 where there is none
 * @param inputEntries entries read
 * @param outputEntries entries written, with range deletions as they were cut
 * @param properties of the table by name, empty where there is none
 * @param statistics named counters, and times in ns
 */
public record TableBuildResult(
        @Nullable FileMetadata file,
        long crc32c,
        long inputEntries,
        long outputEntries,
        Map<String, String> properties,
        Map<String, Long> statistics) {}
