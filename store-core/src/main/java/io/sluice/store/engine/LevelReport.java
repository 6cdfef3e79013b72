// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.compaction.CompactionSettings;
import io.sluice.store.compaction.LevelScores;
import io.sluice.store.compaction.LevelTargets;
import io.sluice.store.compaction.RunningCompactions;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.Version;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The levels of a column family and what was done to them, as tables like RocksDB's (db/internal_stats.cc). */
final class LevelReport {
    private static final double MB = 1 << 20;
    private static final double GB = 1 << 30;
    private static final double SECOND = 1e9;

    private final ColumnFamily family;
    private final Version version;
    private final CompactionCounters counters;

    LevelReport(ColumnFamily family, Version version, CompactionCounters counters) {
        this.family = family;
        this.version = version;
        this.counters = counters;
    }

    /** {@code rocksdb.levelstats}. */
    String levels() {
        StringBuilder text = new StringBuilder("Level Files Size(MB)\n--------------------\n");
        for (int level = 0; level < levelCount(); level++) {
            text.append(String.format(
                    Locale.ROOT, "%3d %8d %8.0f%n", level, version.files(level).size(), version.size(level) / MB));
        }
        return text.toString();
    }

    /** {@code rocksdb.cfstats}: of each level with files or work, and their sum. */
    String compactions() {
        StringBuilder text = new StringBuilder("\n** Compaction Stats [" + family.name() + "] **\n");
        text.append("Level    Files   Size     Score Read(GB)  Rn(GB) Rnp1(GB) Write(GB) Moved(GB) W-Amp")
                .append(" Rd(MB/s) Wr(MB/s) Comp(sec) Comp(cnt) Avg(sec) KeyIn KeyDrop\n")
                .append("-".repeat(141))
                .append('\n');
        Map<Integer, Double> scores = scores();
        Row sum = new Row();
        for (int level = 0; level < levelCount(); level++) {
            Row row = new Row();
            row.add(version, level, counters.of(family.id(), level));
            sum.add(version, level, counters.of(family.id(), level));
            if (row.files > 0 || row.jobs > 0 || row.moved > 0) {
                row.print(text, "L" + level, scores.getOrDefault(level, 0.0));
            }
        }
        sum.print(text, "Sum", 0);
        text.append("\nEstimated pending compaction bytes: ")
                .append(family.debt().pendingBytes())
                .append("\nWrite stall: ")
                .append(family.pressure())
                .append('\n');
        return text.toString();
    }

    /** Whether some level wants to be compacted: {@code rocksdb.compaction-pending}. */
    boolean isPending() {
        return scores().values().stream().anyMatch(score -> score >= 1);
    }

    private int levelCount() {
        return Math.max(1, family.settings().compaction().numLevels());
    }

    private Map<Integer, Double> scores() {
        CompactionSettings settings = family.settings().compaction();
        List<LevelScores.Score> scores = LevelScores.of(
                version, LevelTargets.of(version, settings), settings, new RunningCompactions(), FileMetadata::size);
        Map<Integer, Double> byLevel = new HashMap<>();
        scores.forEach(score -> byLevel.put(score.level(), score.value()));
        return byLevel;
    }

    private static final class Row {
        int files;
        long size;
        long above;
        long here;
        long written;
        long moved;
        long jobs;
        long nanos;
        long keysIn;
        long keysDropped;

        void add(Version version, int level, CompactionCounters.Level counted) {
            if (level < version.levelCount()) {
                files += version.files(level).size();
                size += version.size(level);
            }
            above += counted.bytesReadAbove.sum();
            here += counted.bytesReadHere.sum();
            written += counted.bytesWritten.sum();
            moved += counted.bytesMoved.sum();
            jobs += counted.jobs.sum();
            nanos += counted.nanos.sum();
            keysIn += counted.entriesRead.sum();
            keysDropped += counted.entriesDropped.sum();
        }

        void print(StringBuilder text, String name, double score) {
            double seconds = nanos / SECOND;
            double perSecond = seconds == 0 ? 0 : 1 / MB / seconds;
            text.append(String.format(
                    Locale.ROOT,
                    "%5s %8d %8.2fMB %6.1f %8.3f %7.3f %8.3f %9.3f %9.3f %5.1f %8.1f %8.1f %9.2f %9d %8.3f %5d %7d%n",
                    name,
                    files,
                    size / MB,
                    score,
                    (above + here) / GB,
                    above / GB,
                    here / GB,
                    written / GB,
                    moved / GB,
                    above == 0 ? (written > 0 ? 1.0 : 0.0) : (double) written / above,
                    (above + here) * perSecond,
                    written * perSecond,
                    seconds,
                    jobs,
                    jobs == 0 ? 0 : seconds / jobs,
                    keysIn,
                    keysDropped));
        }
    }
}
