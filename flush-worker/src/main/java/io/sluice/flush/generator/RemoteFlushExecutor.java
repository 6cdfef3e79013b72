// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import io.sluice.flush.placement.Load;
import io.sluice.flush.placement.RateMeter;
import io.sluice.flush.protocol.FlushMessage;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.Heartbeat;
import io.sluice.flush.protocol.FlushMessage.JobLost;
import io.sluice.flush.protocol.FlushMessage.RegisterGenerator;
import io.sluice.flush.protocol.MemnodeLink;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushContext;
import io.sluice.store.flush.FlushExecutor;
import io.sluice.store.flush.FlushJob;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** The flushes of one opening of one store. Made by {@link RemoteFlush}, whose threads it borrows. Safe for concurrent use. */
final class RemoteFlushExecutor implements FlushExecutor {
    private final RemoteFlush shared;
    private final FlushContext context;
    private final Memnodes memnodes;
    private final long incarnation;
    private final RateMeter localOutput;
    private final Set<RemoteFlushRun> runs = ConcurrentHashMap.newKeySet();
    private final Set<RemoteFlushRun> unplaced = ConcurrentHashMap.newKeySet();
    private final Map<Expected, AttemptChannel> expected = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** An assignment as a memnode names it, on whichever connection. */
    private record Expected(String memnode, long assignmentId) {}

    RemoteFlushExecutor(RemoteFlush shared, FlushContext context) {
        this.shared = shared;
        this.context = context;
        this.incarnation = shared.random().nextLong();
        this.localOutput = new RateMeter(shared.nanoClock());
        this.memnodes = new Memnodes(this::link, shared.settings().callTimeout());
        context.local().onOutput(localOutput::add);
    }

    private MemnodeLink link(String address) {
        RemoteFlushSettings settings = shared.settings();
        return new MemnodeLink(
                address,
                shared.transport(),
                shared.control(),
                new LinkOwner(address),
                new MemnodeLink.LinkTimes(settings.heartbeatInterval(), settings.callTimeout(), settings.maxBackoff()),
                shared.names());
    }

    /** What the links ask of it. */
    private final class LinkOwner implements MemnodeLink.Owner {
        private final String address;

        LinkOwner(String address) {
            this.address = address;
        }

        @Override
        public FlushMessage registration() {
            return new RegisterGenerator(context.database(), context.epoch(), incarnation);
        }

        @Override
        public Heartbeat heartbeat(MessageEndpoint memnode) {
            Load load = shared.load();
            return new Heartbeat(load.storageBytesPerSecond(), Math.toIntExact(load.jobs()), 0);
        }

        @Override
        public MessageEndpoint.Handler handler() {
            return (from, message, reply) -> onMemnode(address, message, reply);
        }

        @Override
        public void onChange(MemnodeLink link, boolean up) {
            if (up) {
                memnodes.releaseAll(link);
                shared.onConnected();
            }
        }
    }

    private void onMemnode(String memnode, FlushMessage message, MessageEndpoint.Reply reply) {
        if (message instanceof JobLost lost) {
            AttemptChannel channel = expected.get(new Expected(memnode, lost.assignmentId()));
            if (channel != null) {
                channel.lost(lost.message());
            }
            reply.send(new Ack());
        } else {
            reply.refuse(RefusalReason.INVALID, message.getClass().getSimpleName() + " is not for a generator");
        }
    }

    @Override
    public Running start(FlushJob job) {
        RemoteFlushRun run = new RemoteFlushRun(this, job);
        if (closed) {
            run.close();
        }
        if (!shared.isEnabled()) {
            run.fallBack(
                    FallbackReason.SWITCHED_OFF,
                    StoreException.invalid("flush.remote.off", "remote flush is switched off"));
            return run;
        }
        runs.add(run);
        unplaced(run);
        try {
            shared.runners().execute(run);
        } catch (RejectedExecutionException | OutOfMemoryError e) { // too many jobs, or no thread can be had
            run.ended().complete(null);
            runs.remove(run);
            run.fallBack(
                    FallbackReason.TOO_MANY_JOBS,
                    new StoreException(
                            StoreException.Kind.BUSY,
                            "flush.remote.jobs",
                            "no thread for one remote flush more, at most "
                                    + settings().maxJobs(),
                            e));
        }
        if (closed) {
            run.close();
        }
        return run;
    }

    @Override
    public Running restart(FlushJob job, StoreException failure) {
        if (!settings().localFallback()) {
            return start(job);
        }
        RemoteFlushRun run = new RemoteFlushRun(this, job);
        if (closed) {
            run.close();
        }
        run.fallBack(FallbackReason.FAILED_BEFORE, failure);
        return run;
    }

    void ended(RemoteFlushRun run) {
        runs.remove(run);
        placed(run);
    }

    /** The job is this process's until {@link #placed}. */
    void unplaced(RemoteFlushRun run) {
        unplaced.add(run);
    }

    /** The job counts on a worker, or as a local flush, or is over. */
    void placed(RemoteFlushRun run) {
        unplaced.remove(run);
    }

    void expect(Memnodes.Choice memnode, long assignmentId, AttemptChannel channel) {
        expected.put(new Expected(memnode.link().address(), assignmentId), channel);
    }

    void forget(Memnodes.Choice memnode, long assignmentId, AttemptChannel channel) {
        // A memnode that began anew may have given the same number to a later attempt.
        expected.remove(new Expected(memnode.link().address(), assignmentId), channel);
    }

    /** This machine's flushes of this store, whoever started them, and those that have no place elsewhere, so far. */
    Load storeLoad() {
        return new Load(localOutput.bytesPerSecond(), (long) context.local().underWay() + unplaced.size());
    }

    /** What this process has in the background itself, {@link #unplaced} flushes included. */
    Load load() {
        return shared.load();
    }

    RemoteFlushSettings settings() {
        return shared.settings();
    }

    FlushContext context() {
        return context;
    }

    Memnodes memnodes() {
        return memnodes;
    }

    FlushCounters counters() {
        return shared.counters();
    }

    ResultListener listener() {
        return shared.listener();
    }

    RandomGenerator random() {
        return shared.random();
    }

    String callback() {
        return shared.callback();
    }

    long nanoTime() {
        return shared.nanoClock().getAsLong();
    }

    void report(AttemptReport report) {
        shared.report(report);
    }

    void report(FlushTrace trace) {
        shared.report(trace);
    }

    ScheduledFuture<?> schedule(Runnable task, Duration delay) {
        return shared.control().schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
        closed = true;
        List<RemoteFlushRun> open = List.copyOf(runs);
        open.forEach(RemoteFlushRun::close);
        // They give back what they hold elsewhere before the links go.
        CompletableFuture.allOf(open.stream().map(RemoteFlushRun::ended).toArray(CompletableFuture[]::new))
                .completeOnTimeout(null, settings().callTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .join();
        memnodes.close();
        shared.closed(this);
    }
}
