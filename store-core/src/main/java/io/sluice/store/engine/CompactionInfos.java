// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.compaction.Compaction;
import io.sluice.store.compaction.CompactionInfo;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.manifest.FileMetadata;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes what listeners are told. */
final class CompactionInfos {
    private CompactionInfos() {}

    /** A compaction that was started. */
    static CompactionInfo begun(CompactionTask task) {
        return info(task, null, List.of(), 0);
    }

    /** A compaction that was installed, {@code durationNanos} after its start; without a result where it was a move. */
    static CompactionInfo completed(
            CompactionTask task, @Nullable CompactionResult result, List<FileMetadata> outputs, long durationNanos) {
        return info(task, result, outputs, durationNanos);
    }

    private static CompactionInfo info(
            CompactionTask task, @Nullable CompactionResult result, List<FileMetadata> outputs, long durationNanos) {
        Compaction compaction = task.compaction;
        return new CompactionInfo(
                task.id,
                task.columnFamily.name(),
                compaction.reason(),
                compaction.startLevel(),
                compaction.outputLevel(),
                compaction.trivialMove(),
                compaction.inputs().stream()
                        .flatMap(input -> input.files().stream())
                        .map(FileMetadata::number)
                        .toList(),
                compaction.inputSize(),
                result == null ? 0 : result.inputEntries(),
                outputs.stream().map(FileMetadata::number).toList(),
                outputs.stream().mapToLong(FileMetadata::size).sum(),
                result == null ? 0 : result.outputEntries(),
                result == null ? "" : result.builder(),
                result == null ? 0 : result.attempt(),
                durationNanos,
                result == null ? Map.of() : result.statistics());
    }
}
