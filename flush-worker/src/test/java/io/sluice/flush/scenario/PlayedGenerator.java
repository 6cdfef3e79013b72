// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import io.sluice.flush.protocol.Addresses;
import io.sluice.flush.protocol.AttemptToken;
import io.sluice.flush.protocol.FlushMessage;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.Allocate;
import io.sluice.flush.protocol.FlushMessage.Granted;
import io.sluice.flush.protocol.FlushMessage.JobAssigned;
import io.sluice.flush.protocol.FlushMessage.Place;
import io.sluice.flush.protocol.FlushMessage.Placed;
import io.sluice.flush.protocol.FlushMessage.RegisterGenerator;
import io.sluice.flush.protocol.FlushMessage.Registered;
import io.sluice.flush.protocol.FlushMessage.SubmitJob;
import io.sluice.flush.protocol.FlushTask;
import io.sluice.flush.protocol.FlushTaskCodec;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.store.flush.FlushJob;
import io.sluice.store.memtable.SealedLayout;
import io.sluice.transport.Connection;
import io.sluice.transport.Listener;
import io.sluice.transport.RegionPool;
import io.sluice.transport.Transport;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A generator that a test plays against a real memnode and worker: it submits a job and ships nothing. */
final class PlayedGenerator implements AutoCloseable {
    private static final Duration CALL = Duration.ofSeconds(10);

    private final RegionPool pool;
    private final Transport transport;
    private final Listener listener;
    private final MessageEndpoint memnode;
    private final boolean agrees;
    final BlockingQueue<FlushMessage> heard = new LinkedBlockingQueue<>();

    /** @param agrees whether workers that show a token may begin */
    PlayedGenerator(String memnodeAddress, boolean agrees) throws Exception {
        this.agrees = agrees;
        this.pool = new RegionPool(Cluster.CHUNK, 1L << 20);
        this.transport = Cluster.transport("generator", "played", pool);
        this.listener = transport.listen(
                Cluster.loopback(0), connection -> MessageEndpoint.attach(connection, this::onMessage, Runnable::run));
        Connection connection =
                transport.connect(Addresses.parse(memnodeAddress)).get(10, TimeUnit.SECONDS);
        this.memnode = MessageEndpoint.attach(connection, this::onMessage, Runnable::run);
        call(new RegisterGenerator(Jobs.DATABASE, 1, 1), Registered.class);
    }

    private void onMessage(MessageEndpoint from, FlushMessage message, MessageEndpoint.Reply reply) {
        heard.add(message);
        if (agrees) {
            reply.send(new Ack());
        } else {
            reply.refuse(RefusalReason.UNKNOWN, "never heard of it");
        }
    }

    private <T extends FlushMessage> T call(FlushMessage message, Class<T> expected) throws Exception {
        return memnode.call(message, expected, CALL).get(10, TimeUnit.SECONDS);
    }

    /** Submits a job whose memory on the memnode is as it was granted: all zeros. */
    JobAssigned submitUnshipped(FlushJob job) throws Exception {
        Placed placed = call(new Place(60_000, 0, 100, List.of()), Placed.class);
        SealedLayout layout = job.memtables().get(0).layout();
        call(new Allocate(3, layout.blockLengths()), Granted.class);
        FlushTask task = new FlushTask(
                new AttemptToken(5, 6),
                job.id(),
                1,
                List.of(layout),
                job.snapshots(),
                job.fileNumber(),
                job.epochNumber(),
                job.tableOptions(),
                job.identity(),
                job.storageUri(),
                job.attemptDirectory(1),
                Addresses.format(listener.address()));
        return call(
                new SubmitJob(placed.assignmentId(), 60_000, List.of(3L), FlushTaskCodec.encode(task)),
                JobAssigned.class);
    }

    /** The next message that a worker or the memnode sent here. */
    FlushMessage next() throws InterruptedException {
        FlushMessage message = heard.poll(10, TimeUnit.SECONDS);
        if (message == null) {
            throw new AssertionError("nothing was heard in 10 s");
        }
        return message;
    }

    @Override
    public void close() {
        listener.close();
        transport.close();
        pool.close();
    }
}
