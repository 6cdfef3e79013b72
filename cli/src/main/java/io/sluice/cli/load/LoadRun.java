// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.load;

import io.sluice.flush.generator.FallbackReason;
import io.sluice.flush.generator.RemoteFlush;
import io.sluice.flush.generator.RemoteFlushStatistics;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.DBOptions;
import io.sluice.store.Statistics;
import io.sluice.store.Store;
import io.sluice.store.WaitForCompactOptions;
import io.sluice.store.compaction.CompactionExecutorFactory;
import io.sluice.store.memory.MemoryPool;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A load from the opening of its store to its report. */
public final class LoadRun {
    private static final String BUILDER = "sluice.builder";
    private static final String LOCAL = "local";
    /** Compactions at a time where they go out: more than a few workers take from one store. */
    private static final int MAX_REMOTE_COMPACTIONS = 8;

    private final LoadOptions options;
    private final Storage storage;
    private final MemoryPool memory;
    private final @Nullable RemoteFlush remote;
    private final @Nullable CompactionExecutorFactory compactions;
    private final LoadProgress progress;
    private final FlushLog flushes = new FlushLog();
    private volatile boolean stopped;

    /**
     * Prepares a load.
     *
     * @param memory for the memtables
     * @param remote where flushes go, or null for a local store
     * @param compactions where compactions go, or null for a store that is not compacted
     * @param progress counts what is done
     */
    public LoadRun(
            LoadOptions options,
            Storage storage,
            MemoryPool memory,
            @Nullable RemoteFlush remote,
            @Nullable CompactionExecutorFactory compactions,
            LoadProgress progress) {
        this.options = options;
        this.storage = storage;
        this.memory = memory;
        this.remote = remote;
        this.compactions = compactions;
        this.progress = progress;
    }

    /** Opens the store, writes, flushes, waits for compactions, reads back, closes. */
    public LoadReport run() throws IOException, InterruptedException {
        Workload workload = options.workload();
        try (Store store = Store.open(dbOptions(), storage, descriptors())) {
            List<ColumnFamilyHandle> columnFamilies = new ArrayList<>();
            for (ColumnFamilyDescriptor descriptor : descriptors()) {
                ColumnFamilyHandle handle = store.columnFamily(descriptor.name());
                if (handle == null) {
                    throw new IOException("column family " + descriptor.name() + " was not opened");
                }
                columnFamilies.add(handle);
            }
            Load load = new Load(store, columnFamilies, workload, options.writers(), progress, () -> stopped);
            Load.Written written = load.write(options.duration());
            load.flush(options.flushDeadline());
            if (compactions != null && !stopped) {
                store.waitForCompact(WaitForCompactOptions.DEFAULT);
            }
            Verifier verifier = options.verify() ? load.verify() : new Verifier(store, columnFamilies, progress);
            return report(store, columnFamilies, written, verifier);
        }
    }

    /** Ends {@link #run} early: what was written so far is flushed and reported, and not read back. From any thread. */
    public void stop() {
        stopped = true;
    }

    private DBOptions dbOptions() {
        DBOptions.Builder builder = DBOptions.builder()
                .createIfMissing(true)
                .createMissingColumnFamilies(true)
                .delayedWriteRate(options.delayedWriteRate())
                .maxBgErrorResumeCount(options.maxBgErrorResumeCount())
                .maxBackgroundFlushes(2)
                .memoryPool(memory)
                .listener(flushes);
        if (remote != null) {
            builder.remoteFlushExecutor(remote);
        }
        if (compactions != null) {
            builder.remoteCompactionExecutor(compactions).maxBackgroundCompactions(MAX_REMOTE_COMPACTIONS);
        }
        return builder.build();
    }

    private List<ColumnFamilyDescriptor> descriptors() {
        List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
        for (int i = 0; i < options.columnFamilyCount(); i++) {
            descriptors.add(new ColumnFamilyDescriptor(
                    "cf" + i, options.columnFamilyOptions(remote != null, compactions != null)));
        }
        return descriptors;
    }

    private LoadReport report(
            Store store, List<ColumnFamilyHandle> columnFamilies, Load.Written written, Verifier verifier)
            throws IOException {
        Statistics statistics = store.statistics();
        Map<String, Long> workers = new TreeMap<>(statistics.flushesByBuilder());
        Long local = workers.remove(LOCAL);
        long localFlushes = local == null ? 0 : local;
        Map<String, Long> builders = new TreeMap<>();
        for (ColumnFamilyHandle columnFamily : columnFamilies) {
            for (Map<String, String> properties :
                    store.propertiesOfAllTables(columnFamily).values()) {
                builders.merge(properties.getOrDefault(BUILDER, "unknown"), 1L, Long::sum);
            }
        }
        RemoteFlushStatistics shipped = remote == null ? null : remote.statistics();
        double seconds = Math.max(written.nanos(), 1) / 1e9;
        Latencies.Percentiles get = verifier.latencies();
        Latencies.Percentiles put = written.latencies();
        return new LoadReport(
                storage.uri(),
                written.writes(),
                written.bytes(),
                Math.round(seconds * 1000) / 1000.0,
                Math.round(written.writes() / seconds),
                verifier.verified(),
                verifier.missing(),
                verifier.wrong(),
                put.p50(),
                put.p99(),
                put.p999(),
                put.max(),
                get.p50(),
                get.p99(),
                get.p999(),
                get.max(),
                workers.values().stream().mapToLong(Long::longValue).sum(),
                localFlushes,
                shipped == null ? Map.of() : names(shipped.localFlushes()),
                flushes.byTrigger(),
                statistics.flushesFailed(),
                shipped == null ? 0 : shipped.bytesShipped(),
                transports(),
                shipped == null ? Map.of() : shipped.shippedBy(),
                shipped == null ? Map.of() : shipped.readBy(),
                workers,
                builders,
                statistics.flushBytes(),
                statistics.compactionsByBuilder(),
                TimeUnit.NANOSECONDS.toMillis(statistics.stalls().values().stream()
                        .mapToLong(Statistics.Stall::nanos)
                        .sum()));
    }

    private Map<String, String> transports() {
        Map<String, String> texts = new TreeMap<>();
        if (remote != null) {
            remote.paths().forEach((memnode, path) -> texts.put(memnode, path.toString()));
        }
        return texts;
    }

    private static Map<String, Long> names(Map<FallbackReason, Long> counts) {
        Map<String, Long> names = new TreeMap<>();
        counts.forEach((reason, count) -> {
            if (count > 0) {
                names.put(reason.name().toLowerCase(Locale.ROOT), count);
            }
        });
        return names;
    }
}
