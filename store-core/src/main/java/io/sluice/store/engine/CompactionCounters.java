// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.compaction.Compaction;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.compaction.InputLevel;
import io.sluice.store.compaction.LocalCompactionExecutor;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What flushes and compactions did to each level of each column family since the store was opened. Safe for concurrent use. */
public final class CompactionCounters {
    private final Map<Key, Level> levels = new ConcurrentHashMap<>();

    private final Map<String, LongAdder> byBuilder = new ConcurrentHashMap<>();

    /** Attempts at a compaction that failed. */
    public final LongAdder failed = new LongAdder();
    /** Bytes of the inputs of compactions in this process. */
    public final LongAdder bytesRead = new LongAdder();
    /** Bytes of their outputs that were made in this process. */
    public final LongAdder bytesWritten = new LongAdder();
    /** Bytes of the inputs of compactions elsewhere. */
    public final LongAdder remoteBytesRead = new LongAdder();
    /** Bytes of the outputs that were made elsewhere. */
    public final LongAdder remoteBytesWritten = new LongAdder();
    /** Bytes of files that changed their level as they are. */
    public final LongAdder bytesMoved = new LongAdder();

    private record Key(int columnFamily, int level) {}

    /** What was written to one level, and read for it. */
    public static final class Level {
        /** Flushes and compactions, without moves. */
        public final LongAdder jobs = new LongAdder();
        /** Files that changed to this level as they are. */
        public final LongAdder filesMoved = new LongAdder();
        /** Their bytes. */
        public final LongAdder bytesMoved = new LongAdder();
        /** Bytes read from the levels above. */
        public final LongAdder bytesReadAbove = new LongAdder();
        /** Bytes read from this level. */
        public final LongAdder bytesReadHere = new LongAdder();
        /** Bytes written. */
        public final LongAdder bytesWritten = new LongAdder();
        /** Files written. */
        public final LongAdder filesWritten = new LongAdder();
        /** Entries read. */
        public final LongAdder entriesRead = new LongAdder();
        /** Entries that were read and not written. */
        public final LongAdder entriesDropped = new LongAdder();
        /** The time that it took, ns. */
        public final LongAdder nanos = new LongAdder();
    }

    /** Compactions installed, without moves, by who ran them: {@code local} or a worker's id. */
    public Map<String, Long> compactionsByBuilder() {
        Map<String, Long> counts = new TreeMap<>();
        byBuilder.forEach((builder, count) -> counts.put(builder, count.sum()));
        return counts;
    }

    /** The counters of a level. */
    public Level of(int columnFamily, int level) {
        return levels.computeIfAbsent(new Key(columnFamily, level), key -> new Level());
    }

    void compacted(int columnFamily, Compaction compaction, CompactionResult result, long nanos) {
        byBuilder.computeIfAbsent(result.builder(), name -> new LongAdder()).increment();
        (isLocal(result.builder()) ? bytesRead : remoteBytesRead).add(compaction.inputSize());
        for (CompactionResult.Output output : result.outputs()) {
            (isLocal(output.builder()) ? bytesWritten : remoteBytesWritten)
                    .add(output.file().size());
        }
        Level level = of(columnFamily, compaction.outputLevel());
        level.jobs.increment();
        for (InputLevel input : compaction.inputs()) {
            boolean here = input.level() == compaction.outputLevel();
            (here ? level.bytesReadHere : level.bytesReadAbove).add(input.size());
        }
        level.bytesWritten.add(result.outputSize());
        level.filesWritten.add(result.outputs().size());
        level.entriesRead.add(result.inputEntries());
        level.entriesDropped.add(result.inputEntries() - result.outputEntries());
        level.nanos.add(nanos);
    }

    private static boolean isLocal(String builder) {
        return builder.equals(LocalCompactionExecutor.BUILDER);
    }

    void moved(int columnFamily, Compaction compaction) {
        bytesMoved.add(compaction.inputSize());
        Level level = of(columnFamily, compaction.outputLevel());
        level.filesMoved.add(compaction.inputs().get(0).files().size());
        level.bytesMoved.add(compaction.inputSize());
    }

    void flushed(int columnFamily, long bytes, long nanos) {
        Level level = of(columnFamily, 0);
        level.jobs.increment();
        level.bytesWritten.add(bytes);
        level.filesWritten.increment();
        level.nanos.add(nanos);
    }
}
