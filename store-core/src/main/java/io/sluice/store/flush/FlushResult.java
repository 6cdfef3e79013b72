// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.flush;

import io.sluice.store.manifest.FileMetadata;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a flush made. Nothing in it is believed before {@code FlushVerifier} has held it against the job and the file.
 *
 * @param id the job's
 * @param attempt the attempt that made it
 * @param path the SST's present name within the storage, or null where every entry was dropped and no file was made
 * @param file the SST for the manifest, or null likewise
 * @param crc32c of the whole file, unmasked, unsigned
 * @param inputEntries entries read from the memtables
 * @param outputEntries entries in the SST
 * @param properties of the table, by name
 * @param builder {@code local} or the worker's id
 * @param statistics named counters and times (ns) of the run
 */
public record FlushResult(
        JobId id,
        int attempt,
        @Nullable String path,
        @Nullable FileMetadata file,
        long crc32c,
        long inputEntries,
        long outputEntries,
        Map<String, String> properties,
        String builder,
        Map<String, Long> statistics) {}
