// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.flush;

import java.util.Map;

/**
 * One flush, as listeners learn of it. A value.
 *
 * @param id the job
 * @param columnFamilyName whose memtables they are
 * @param reason why the oldest of them was sealed
 * @param memtables how many the job flushes
 * @param inputEntries entries of them
 * @param fileNumber the number of the SST
 * @param fileName its name in the store's directory
 * @param fileSize bytes; 0 before completion, and where every entry was dropped and there is no SST
 * @param outputEntries entries in the SST; 0 before completion
 * @param smallestSequence of the memtables
 * @param largestSequence of the memtables
 * @param builder {@code local} or the worker's id; empty before completion
 * @param attempt the attempt that made the file; 0 before completion
 * @param durationNanos from the start of the job until now, ns
 * @param properties of the table, by name; empty before completion
 * @param statistics named counters and times (ns) of the run; empty before completion
 */
public record FlushInfo(
        JobId id,
        String columnFamilyName,
        FlushReason reason,
        int memtables,
        long inputEntries,
        long fileNumber,
        String fileName,
        long fileSize,
        long outputEntries,
        long smallestSequence,
        long largestSequence,
        String builder,
        int attempt,
        long durationNanos,
        Map<String, String> properties,
        Map<String, Long> statistics) {}
