// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import io.sluice.flush.protocol.Addresses;
import io.sluice.flush.protocol.FlushMessage;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.AssignJob;
import io.sluice.flush.protocol.FlushMessage.Heartbeat;
import io.sluice.flush.protocol.FlushMessage.HeartbeatAck;
import io.sluice.flush.protocol.FlushMessage.RegisterWorker;
import io.sluice.flush.protocol.FlushMessage.Registered;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;

/** A memnode that a test plays against a real worker: it registers it, and answers all but what it swallows. */
final class PlayedMemnode implements AutoCloseable {
    private static final Duration CALL = Duration.ofSeconds(10);

    private final RegionPool pool = new RegionPool(Cluster.CHUNK, 8L << 20);
    private final Transport transport = Cluster.transport("memnode", "played", pool);
    private final List<Region> lent = new ArrayList<>();
    private final Listener listener;
    /** Kinds of messages that it does not answer. */
    final Set<Class<? extends FlushMessage>> swallowed = ConcurrentHashMap.newKeySet();
    /** What was heard, and what the worker answered, in order; heartbeats apart. */
    final BlockingQueue<FlushMessage> heard = new LinkedBlockingQueue<>();

    final BlockingQueue<Heartbeat> heartbeats = new LinkedBlockingQueue<>();
    /** The connections that registered. */
    final BlockingQueue<MessageEndpoint> workers = new LinkedBlockingQueue<>();

    PlayedMemnode() throws Exception {
        this.listener = transport.listen(
                Cluster.loopback(0), connection -> MessageEndpoint.attach(connection, this::onMessage, Runnable::run));
    }

    String address() {
        return Addresses.format(listener.address());
    }

    private void onMessage(MessageEndpoint from, FlushMessage message, MessageEndpoint.Reply reply) {
        // Decided before the test hears of it and changes what is swallowed.
        boolean unanswered = swallowed.contains(message.getClass());
        if (message instanceof Heartbeat heartbeat) {
            heartbeats.add(heartbeat);
        } else {
            heard.add(message);
        }
        if (unanswered) {
            return;
        }
        if (message instanceof RegisterWorker) {
            workers.add(from);
            reply.send(new Registered("played", pool.capacity(), pool.capacity(), pool.maxRegionLength()));
        } else if (message instanceof Heartbeat) {
            reply.send(new HeartbeatAck(pool.capacity(), 1));
        } else {
            reply.send(new Ack());
        }
    }

    /** The next worker that registers. */
    MessageEndpoint worker() throws InterruptedException {
        return Objects.requireNonNull(workers.poll(20, TimeUnit.SECONDS), "no worker registered");
    }

    /** The next message, or answer to {@link #assign}. */
    FlushMessage next() throws InterruptedException {
        return Objects.requireNonNull(heard.poll(20, TimeUnit.SECONDS), "nothing was heard");
    }

    /** Gives a worker a job, whose memory holds zeros. */
    void assign(MessageEndpoint worker, long assignmentId, FlushTask task) throws Exception {
        List<Slice> descriptors = new ArrayList<>();
        for (int length : task.blockLengths()) {
            Region region = Objects.requireNonNull(pool.tryAcquire(length));
            lent.add(region);
            byte[] bytes = new byte[RemoteRegion.ENCODED_LENGTH];
            worker.connection().expose(region, Access.READ).encode(new UnsafeBuffer(bytes), 0);
            descriptors.add(Slice.wrap(bytes));
        }
        AssignJob job = new AssignJob(assignmentId, Long.MAX_VALUE, descriptors, FlushTaskCodec.encode(task));
        // On the agent, so that the answer can't be there before someone listens for it.
        worker.connection().whenWritable(() -> {
            var unused = worker.call(job, Ack.class, CALL).thenAccept(heard::add);
        });
    }

    @Override
    public void close() {
        listener.close();
        transport.close();
        lent.forEach(Region::release);
        pool.close();
    }
}
