// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.worker;

import io.sluice.flush.placement.RateMeter;
import io.sluice.flush.protocol.Abort;
import io.sluice.flush.protocol.Addresses;
import io.sluice.flush.protocol.FlushMessage;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.AttemptFailed;
import io.sluice.flush.protocol.FlushMessage.AttemptResult;
import io.sluice.flush.protocol.FlushMessage.AttemptStarted;
import io.sluice.flush.protocol.FlushTask;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.flush.protocol.PeerRights;
import io.sluice.flush.protocol.ReadStatistics;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.flush.protocol.RefusedException;
import io.sluice.flush.protocol.ResultFile;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushResult;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.MergingIterator;
import io.sluice.store.job.TableBuild;
import io.sluice.store.job.TableBuildResult;
import io.sluice.store.memtable.SealedLayout;
import io.sluice.store.memtable.SealedMemtableReader;
import io.sluice.store.sst.TableIdentity;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.WritableFile;
import io.sluice.transport.ConnectOptions;
import io.sluice.transport.Connection;
import io.sluice.transport.Region;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.Transport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt at a flush, on a worker's thread: dial the generator, read the memtables, merge, build the SST, leave the
 * RESULT file, tell the generator. It ends early when the generator is gone or doesn't want it any more, and then leaves
 * no file of its own behind.
 *
 * <p>Nothing is read before the generator has acknowledged the attempt by its token: so one worker at most builds it.
 */
final class FlushRun {
    private static final Logger LOG = LoggerFactory.getLogger(FlushRun.class);

    private final FlushTask task;
    private final Connection memnode;
    private final List<RemoteRegion> sources;
    private final List<Region> memory;
    private final Tools tools;
    private final Abort abort = new Abort();

    /** What a run borrows of its worker. */
    record Tools(
            String workerId,
            String host,
            Transport transport,
            Executor executor,
            StorageOpener storages,
            RateMeter meter,
            LongSupplier nanoClock,
            int readWindow,
            Duration callTimeout) {}

    /**
     * A run.
     *
     * @param sources every block of the task on the memnode, in order
     * @param memory as many regions, each long enough; stay the caller's, who releases them after the run
     */
    FlushRun(FlushTask task, Connection memnode, List<RemoteRegion> sources, List<Region> memory, Tools tools) {
        this.task = task;
        this.memnode = memnode;
        this.sources = sources;
        this.memory = memory;
        this.tools = tools;
    }

    /** Ends the run soon, from any thread. */
    void cancel(StoreException cause) {
        abort.abort(cause);
    }

    /** Runs; true where the generator knows the outcome. */
    boolean run() {
        MessageEndpoint generator;
        try {
            generator = dial();
        } catch (IOException e) {
            LOG.warn("{}: the generator at {} was not reached: {}", task.sstName(), task.callback(), e.getMessage());
            return false;
        }
        Connection connection = generator.connection();
        try {
            var unused = connection
                    .closed()
                    .thenRun(() -> cancel(new StoreException(
                            StoreException.Kind.REMOTE, "flush.worker.generator", "the generator is gone")));
            abort.await(
                    generator.call(new AttemptStarted(task.token(), tools.workerId()), Ack.class, tools.callTimeout()));
            return deliver(generator, work());
        } catch (RefusedException e) {
            LOG.info("{}: the generator does not want the attempt: {}", task.sstName(), e.getMessage());
            return true;
        } catch (IOException e) {
            LOG.info("{}: the generator did not take the attempt: {}", task.sstName(), e.getMessage());
            return false;
        } finally {
            connection.close();
        }
    }

    private MessageEndpoint dial() throws IOException {
        InetSocketAddress address = abort.await(Addresses.resolve(task.callback(), tools.callTimeout()));
        CompletableFuture<Connection> connecting = tools.transport()
                .connect(
                        address,
                        ConnectOptions.DEFAULT.withRoles(PeerRights.GENERATOR).withTimeout(tools.callTimeout()));
        boolean connected = false;
        try {
            Connection connection = abort.await(connecting);
            connected = true;
            return MessageEndpoint.attach(
                    connection,
                    (from, message, reply) -> reply.refuse(RefusalReason.INVALID, "a worker only tells"),
                    tools.executor());
        } finally {
            if (!connected && !connecting.cancel(false)) {
                // It came up while the run was ended.
                var unused = connecting.thenAccept(Connection::close);
            }
        }
    }

    /** The outcome, good or bad. */
    private FlushMessage work() {
        try {
            return new AttemptResult(task.token(), flush());
        } catch (IOException e) {
            return failed(e);
        } catch (RuntimeException e) {
            LOG.error("{}: the attempt failed unexpectedly", task.sstName(), e);
            return failed(new IOException("unexpected: " + e, e));
        }
    }

    private FlushMessage failed(IOException e) {
        StoreException error = Abort.asStore("flush.worker.io", e);
        LOG.warn("{}: the attempt failed: {}", task.sstName(), error.getMessage());
        // The code goes apart; the generator's error puts it behind the message again.
        String message = String.valueOf(error.getMessage()).replace(" [" + error.code() + "]", "");
        return new AttemptFailed(task.token(), error.kind(), error.code(), message);
    }

    private boolean deliver(MessageEndpoint generator, FlushMessage outcome) throws IOException {
        // Not through the abort: an outcome is told also where the run was just ended.
        return Boolean.TRUE.equals(new Abort()
                .await(generator
                        .call(outcome, Ack.class, tools.callTimeout())
                        .handle((ack, failure) -> failure == null || Abort.asIo(failure) instanceof RefusedException)));
    }

    private FlushResult flush() throws IOException {
        long start = tools.nanoClock().getAsLong();
        new BlockReads(memnode, sources, memory, task.blockLengths()).run(tools.readWindow(), abort);
        long read = tools.nanoClock().getAsLong();
        try (Storage storage = tools.storages().open(task.storageUri())) {
            FlushResult result = build(storage, read - start);
            ResultFile.write(storage, task.attemptDirectory(), new AttemptResult(task.token(), result));
            return result;
        }
    }

    private FlushResult build(Storage storage, long readNanos) throws IOException {
        boolean kept = false;
        WritableFile file = storage.create(task.sstName());
        try {
            TableBuildResult built;
            Metered metered = new Metered();
            List<SealedMemtableReader> memtables = open();
            try (file;
                    InternalIterator entries = merged(memtables)) {
                built = new TableBuild(
                                task.tableOptions(),
                                identity(),
                                task.snapshots(),
                                task.epochNumber(),
                                tools.nanoClock())
                        .run(
                                entries,
                                memtables.stream()
                                        .map(SealedMemtableReader::rangeDeletions)
                                        .toList(),
                                file,
                                metered);
                metered.end(built);
            }
            kept = built.file() != null;
            return result(built, readNanos);
        } finally {
            if (!kept) {
                deleteQuietly(storage);
            }
        }
    }

    /** Looks for the order to end, and counts what was written. Used by the building thread. */
    private final class Metered implements TableBuild.Progress {
        private long counted;

        @Override
        public void at(long inputEntries, long bytesWritten) throws IOException {
            abort.check();
            tools.meter().add(bytesWritten - counted);
            counted = bytesWritten;
        }

        /** Counts the rest: progress is told now and then only. */
        void end(TableBuildResult built) {
            if (built.file() != null) {
                tools.meter().add(built.file().size() - counted);
            }
        }
    }

    private List<SealedMemtableReader> open() throws IOException {
        KeyComparator comparator = task.tableOptions().comparator();
        List<SealedMemtableReader> memtables = new ArrayList<>();
        int block = 0;
        for (SealedLayout layout : task.memtables()) {
            List<DirectBuffer> blocks = new ArrayList<>();
            for (int i = 0; i < layout.blockLengths().size(); i++) {
                blocks.add(memory.get(block++).buffer());
            }
            memtables.add(SealedMemtableReader.open(layout, blocks, comparator));
        }
        return memtables;
    }

    private InternalIterator merged(List<SealedMemtableReader> memtables) {
        List<InternalIterator> iterators =
                memtables.stream().map(SealedMemtableReader::iterator).toList();
        return iterators.size() == 1
                ? iterators.get(0)
                : new MergingIterator(task.tableOptions().comparator(), iterators);
    }

    private TableIdentity identity() {
        TableIdentity given = task.identity();
        return new TableIdentity(
                given.columnFamilyId(),
                given.columnFamilyName(),
                given.dbId(),
                given.dbSessionId(),
                tools.host(),
                tools.workerId(),
                given.originalFileNumber(),
                given.creationTime(),
                given.oldestKeyTime(),
                given.fileCreationTime());
    }

    private FlushResult result(TableBuildResult built, long readNanos) {
        Map<String, Long> statistics = new LinkedHashMap<>(built.statistics());
        statistics.put(ReadStatistics.NANOS, readNanos);
        statistics.put(ReadStatistics.BYTES, task.length());
        statistics.put(ReadStatistics.RDMA_BYTES, memnode.path().isRdma() ? task.length() : 0);
        return new FlushResult(
                task.id(),
                task.attempt(),
                built.file() == null ? null : task.sstName(),
                built.file(),
                built.crc32c(),
                built.inputEntries(),
                built.outputEntries(),
                built.properties(),
                tools.workerId(),
                statistics);
    }

    private void deleteQuietly(Storage storage) {
        try {
            storage.delete(task.sstName());
        } catch (IOException e) {
            LOG.debug("{} was not deleted: {}", task.sstName(), e.getMessage());
        }
    }
}
