// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All that a manifest says. A value: the next state is another.
 *
 * @param dbId the store's id, or null where the manifest does not have it
 * @param columnFamilies by id
 * @param nextFileNumber no file with this number or above is in use
 * @param lastSequence no entry above this is in a file
 * @param prevLogNumber 0; kept for RocksDB
 * @param minLogNumberToKeep the oldest log that recovery needs
 * @param maxColumnFamily the highest id ever given out
 */
record ManifestState(
        @Nullable String dbId,
        SortedMap<Integer, ColumnFamilyInfo> columnFamilies,
        long nextFileNumber,
        long lastSequence,
        long prevLogNumber,
        long minLogNumberToKeep,
        int maxColumnFamily) {
    ManifestState {
        columnFamilies = Collections.unmodifiableSortedMap(new TreeMap<>(columnFamilies));
    }

    ManifestState withDbId(String id) {
        return new ManifestState(
                id, columnFamilies, nextFileNumber, lastSequence, prevLogNumber, minLogNumberToKeep, maxColumnFamily);
    }

    ManifestState withNextFileNumber(long number) {
        return new ManifestState(
                dbId, columnFamilies, number, lastSequence, prevLogNumber, minLogNumberToKeep, maxColumnFamily);
    }
}
