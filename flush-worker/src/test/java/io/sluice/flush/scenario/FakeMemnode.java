// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import io.sluice.flush.protocol.Addresses;
import io.sluice.flush.protocol.FlushMessage;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.Allocate;
import io.sluice.flush.protocol.FlushMessage.CancelJob;
import io.sluice.flush.protocol.FlushMessage.Granted;
import io.sluice.flush.protocol.FlushMessage.Heartbeat;
import io.sluice.flush.protocol.FlushMessage.HeartbeatAck;
import io.sluice.flush.protocol.FlushMessage.JobAssigned;
import io.sluice.flush.protocol.FlushMessage.Place;
import io.sluice.flush.protocol.FlushMessage.Placed;
import io.sluice.flush.protocol.FlushMessage.RegisterGenerator;
import io.sluice.flush.protocol.FlushMessage.Registered;
import io.sluice.flush.protocol.FlushMessage.Release;
import io.sluice.flush.protocol.FlushMessage.SubmitJob;
import io.sluice.flush.protocol.FlushTask;
import io.sluice.flush.protocol.FlushTaskCodec;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.store.base.Slice;
import io.sluice.transport.Access;
import io.sluice.transport.Listener;
import io.sluice.transport.Region;
import io.sluice.transport.RegionPool;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.Transport;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** A memnode that says yes to everything, assigns each job to a worker that a test plays, and may fall silent. */
final class FakeMemnode implements AutoCloseable {
    static final String WORKER = "played";
    static final long ASSIGNMENT = 5;

    private final Set<Class<? extends FlushMessage>> swallowed;
    private final RegionPool pool;
    private final Transport transport;
    private final Listener listener;
    private final ConcurrentLinkedQueue<Region> lent = new ConcurrentLinkedQueue<>();
    final CompletableFuture<FlushTask> task = new CompletableFuture<>();
    /** All that it heard. */
    final ConcurrentLinkedQueue<FlushMessage> log = new ConcurrentLinkedQueue<>();
    /** The right that it grants to its memory. */
    volatile Access access = Access.WRITE;

    private final BlockingQueue<FlushMessage> heard = new LinkedBlockingQueue<>();
    private final BlockingQueue<Runnable> held = new LinkedBlockingQueue<>();
    private volatile @Nullable MessageEndpoint generator;

    /** @param swallowed messages that it does not answer; may be changed while it runs */
    FakeMemnode(Set<Class<? extends FlushMessage>> swallowed) throws Exception {
        this.swallowed = ConcurrentHashMap.newKeySet();
        this.swallowed.addAll(swallowed);
        this.pool = new RegionPool(Cluster.CHUNK, 4L << 20);
        this.transport = Cluster.transport("memnode", "fake", pool);
        this.listener = transport.listen(
                Cluster.loopback(0), connection -> MessageEndpoint.attach(connection, this::onMessage, Runnable::run));
    }

    String address() {
        return Addresses.format(listener.address());
    }

    /** Never answers anything from now on. */
    void fallSilent() {
        swallowed.addAll(
                List.of(Heartbeat.class, Place.class, Allocate.class, SubmitJob.class, Release.class, CancelJob.class));
    }

    /** Answers the first of the messages that it swallowed, after all. */
    void answerHeld() throws InterruptedException {
        Runnable answer = held.poll(20, TimeUnit.SECONDS);
        if (answer == null) {
            throw new AssertionError("nothing was swallowed");
        }
        answer.run();
    }

    /** The connection on which a generator registered last. */
    MessageEndpoint registered() {
        return java.util.Objects.requireNonNull(generator);
    }

    /** The next message of that kind, of those that were not taken yet. */
    <T extends FlushMessage> T awaitHeard(Class<T> type) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            FlushMessage message = heard.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (message == null) {
                throw new AssertionError("no " + type.getSimpleName() + " was heard in 20 s");
            } else if (type.isInstance(message)) {
                return type.cast(message);
            }
        }
    }

    private void onMessage(MessageEndpoint from, FlushMessage message, MessageEndpoint.Reply reply) throws Exception {
        if (message instanceof RegisterGenerator) {
            generator = from;
        }
        log.add(message);
        heard.add(message);
        if (swallowed.contains(message.getClass())) {
            held.add(() -> {
                try {
                    answer(from, message, reply);
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            return;
        }
        answer(from, message, reply);
    }

    private void answer(MessageEndpoint from, FlushMessage message, MessageEndpoint.Reply reply) throws Exception {
        if (message instanceof RegisterGenerator) {
            reply.send(new Registered("fake", pool.capacity(), pool.capacity(), pool.maxRegionLength()));
        } else if (message instanceof Heartbeat) {
            reply.send(new HeartbeatAck(pool.capacity(), 1));
        } else if (message instanceof Place) {
            reply.send(new Placed(ASSIGNMENT, WORKER));
        } else if (message instanceof Allocate m) {
            List<Slice> descriptors = new ArrayList<>();
            for (int length : m.lengths()) {
                Region region = java.util.Objects.requireNonNull(pool.tryAcquire(length));
                lent.add(region);
                byte[] bytes = new byte[RemoteRegion.ENCODED_LENGTH];
                from.connection().expose(region, access).encode(new UnsafeBuffer(bytes), 0);
                descriptors.add(Slice.wrap(bytes));
            }
            reply.send(new Granted(m.grantId(), descriptors));
        } else if (message instanceof SubmitJob m) {
            task.complete(FlushTaskCodec.decode(m.task().buffer(), Cluster.COMPARATORS));
            reply.send(new JobAssigned(m.assignmentId(), WORKER));
        } else {
            reply.send(new Ack());
        }
    }

    @Override
    public void close() {
        listener.close();
        transport.close();
        lent.forEach(Region::release);
        pool.close();
    }
}
