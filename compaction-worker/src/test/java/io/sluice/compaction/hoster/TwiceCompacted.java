// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactionContext;
import io.sluice.store.compaction.CompactionExecutor;
import io.sluice.store.compaction.CompactionExecutorFactory;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.sst.TableReader;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** Has every job done here and on a worker, holds the one against the other, and gives the store the worker's result. */
final class TwiceCompacted implements CompactionExecutorFactory {
    private final RemoteCompaction remote;
    final AtomicInteger jobs = new AtomicInteger();
    final AtomicInteger entries = new AtomicInteger();
    /** What was not the same. */
    final List<String> differences = new ArrayList<>();

    TwiceCompacted(RemoteCompaction remote) {
        this.remote = remote;
    }

    @Override
    public CompactionExecutor create(CompactionContext context) throws IOException {
        return new Executor(context, remote.create(context));
    }

    private final class Executor implements CompactionExecutor {
        private final CompactionContext context;
        private final CompactionExecutor there;
        private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "twice");
            thread.setDaemon(true);
            return thread;
        });

        Executor(CompactionContext context, CompactionExecutor there) {
            this.context = context;
            this.there = there;
        }

        @Override
        public int capacity() {
            return there.capacity();
        }

        @Override
        public Running start(CompactionJob job) {
            Twice twice = new Twice(context, there, job);
            threads.execute(twice);
            return twice;
        }

        @Override
        public void close() {
            there.close();
            threads.shutdown();
        }
    }

    private final class Twice implements CompactionExecutor.Running, Runnable {
        private final CompactionContext context;
        private final CompactionExecutor there;
        private final CompactionJob job;
        private final CompletableFuture<CompactionResult> result = new CompletableFuture<>();
        private volatile CompactionExecutor.@Nullable Running running;
        private volatile boolean isAborted;

        Twice(CompactionContext context, CompactionExecutor there, CompactionJob job) {
            this.context = context;
            this.there = there;
            this.job = job;
        }

        @Override
        public void run() {
            try {
                CompactionResult expected = await(context.local().start(job));
                List<Map<String, Object>> tables = tables(expected);
                CompactionResult found = await(there.start(job));
                compare("inputs", expected.inputEntries(), found.inputEntries());
                compare("reports", expected.filterReports(), found.filterReports());
                compare("counts", counts(expected), counts(found));
                List<Map<String, Object>> others = tables(found);
                compare("number of tables", tables.size(), others.size());
                for (int i = 0; i < Math.min(tables.size(), others.size()); i++) {
                    Map<String, Object> table = tables.get(i);
                    Map<String, Object> other = others.get(i);
                    int number = i;
                    table.forEach((what, value) -> compare("table " + number + ", " + what, value, other.get(what)));
                }
                jobs.incrementAndGet();
                result.complete(found);
            } catch (ExecutionException e) {
                result.completeExceptionally(e.getCause());
            } catch (IOException | InterruptedException | RuntimeException e) {
                result.completeExceptionally(new StoreException(Kind.IO, "test.twice", String.valueOf(e), e));
            }
        }

        private CompactionResult await(CompactionExecutor.Running begun)
                throws ExecutionException, InterruptedException {
            running = begun;
            if (isAborted) {
                begun.abort();
            }
            return begun.result().get();
        }

        private void compare(String what, @Nullable Object expected, @Nullable Object found) {
            if (expected != null && !expected.equals(found)) {
                synchronized (differences) {
                    differences.add(job.id() + ", " + what + ": here " + expected + ", there " + found);
                }
            }
        }

        /** Those that do not tell who did how much of it. */
        private Map<String, Long> counts(CompactionResult made) {
            Map<String, Long> counts = new TreeMap<>(made.statistics());
            counts.keySet()
                    .removeAll(
                            List.of("subcompactions", "compaction_ns", "bytes_read", "bytes_written", "adopted_bytes"));
            return counts;
        }

        private List<Map<String, Object>> tables(CompactionResult made) throws IOException {
            List<Map<String, Object>> tables = new ArrayList<>();
            KeyComparator comparator = job.tableOptions().comparator();
            Storage storage = context.storage();
            for (CompactionResult.Output output : made.outputs()) {
                Map<String, Object> table = new TreeMap<>();
                FileMetadata file = output.file();
                table.put("bounds", file.smallest() + " to " + file.largest());
                table.put("sequences", file.smallestSequence() + " to " + file.largestSequence());
                table.put("order", file.epochNumber() + " " + file.oldestAncestorTime());
                table.put("count", output.entries());
                List<String> found = new ArrayList<>();
                try (TableReader reader = TableReader.open(storage.open(output.path()), comparator);
                        InternalIterator iterator = reader.iterator()) {
                    for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                        found.add(hex(iterator.key()) + "=" + hex(iterator.value()));
                    }
                    table.put(
                            "range deletions",
                            List.copyOf(reader.rangeTombstones().tombstones()));
                }
                entries.addAndGet(found.size());
                table.put("entries", found);
                tables.add(table);
            }
            return tables;
        }

        @Override
        public CompletableFuture<CompactionResult> result() {
            return result;
        }

        @Override
        public void abort() {
            isAborted = true;
            CompactionExecutor.Running begun = running;
            if (begun != null) {
                begun.abort();
            }
        }

        @Override
        public void settled(boolean installed) {
            CompactionExecutor.Running begun = running;
            if (begun != null) {
                begun.settled(installed);
            }
        }
    }

    private static String hex(DirectBuffer buffer) {
        byte[] bytes = new byte[buffer.capacity()];
        buffer.getBytes(0, bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
