// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.sst.PropertyNames;
import io.sluice.store.sst.TableProperties;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The sizes of files as the choice of compactions sees them: one with many deletions counts for more, since compacting it
 * frees what they hide ({@code VersionStorageInfo::ComputeCompensatedSizes}). A file of which no properties are known
 * counts as it is. Safe for concurrent use.
 */
final class FileWeights {
    /** {@code kDeletionWeightOnCompaction} in db/version_set.cc. */
    private static final long DELETION_WEIGHT = 2;

    private final Map<Long, Long> extra = new ConcurrentHashMap<>();

    /** Learns of a file. */
    void put(FileMetadata file, TableProperties properties) throws StoreException {
        long entries = properties.entryCount();
        long deletions = properties.number(PropertyNames.NUM_DELETIONS);
        if (entries == 0 || deletions * 2 < entries) {
            return;
        }
        long values = Math.max(1, entries - deletions);
        long average = properties.number(PropertyNames.RAW_VALUE_SIZE) / values;
        extra.put(file.number(), (deletions * 2 - entries) * average * DELETION_WEIGHT);
    }

    /** Forgets a file. */
    void remove(long fileNumber) {
        extra.remove(fileNumber);
    }

    long of(FileMetadata file) {
        return file.size() + extra.getOrDefault(file.number(), 0L);
    }
}
