// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.flush.FlushInfo;
import io.sluice.store.flush.FlushJob;
import io.sluice.store.flush.FlushResult;
import io.sluice.store.job.TableVerifier;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.memtable.SealedMemtable;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes what listeners are told. */
final class FlushInfos {
    private FlushInfos() {}

    /** A flush that was started. */
    static FlushInfo begun(FlushJob job, FlushTask task) {
        return info(job, task, 0, 0, "", 0, 0, Map.of(), Map.of());
    }

    /** A flush that was installed, without a file where nothing was left to write, {@code durationNanos} after its start. */
    static FlushInfo completed(
            FlushJob job,
            FlushTask task,
            FlushResult result,
            TableVerifier.@Nullable Verified verified,
            long durationNanos) {
        return info(
                job,
                task,
                verified == null ? 0 : verified.file().size(),
                result.outputEntries(),
                result.builder(),
                result.attempt(),
                durationNanos,
                verified == null ? Map.of() : verified.properties().asMap(),
                Map.copyOf(result.statistics()));
    }

    private static FlushInfo info(
            FlushJob job,
            FlushTask task,
            long fileSize,
            long outputEntries,
            String builder,
            int attempt,
            long durationNanos,
            Map<String, String> properties,
            Map<String, Long> statistics) {
        long smallest = Long.MAX_VALUE;
        long largest = 0;
        for (SealedMemtable memtable : job.memtables()) {
            smallest = Math.min(smallest, memtable.layout().smallestSequence());
            largest = Math.max(largest, memtable.layout().largestSequence());
        }
        return new FlushInfo(
                job.id(),
                job.columnFamilyName(),
                task.buffers.get(0).reason(),
                job.memtables().size(),
                job.entryCount(),
                job.fileNumber(),
                FileNames.table(job.fileNumber()),
                fileSize,
                outputEntries,
                smallest,
                largest,
                builder,
                attempt,
                durationNanos,
                properties,
                statistics);
    }
}
