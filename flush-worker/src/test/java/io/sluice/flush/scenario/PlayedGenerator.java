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
import io.sluice.flush.protocol.RefusedException;
import io.sluice.store.flush.FlushJob;
import io.sluice.transport.Connection;
import io.sluice.transport.Listener;
import io.sluice.transport.RegionPool;
import io.sluice.transport.Transport;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A generator that a test plays against a real memnode and worker: it submits jobs and ships nothing. */
final class PlayedGenerator implements AutoCloseable {
    private static final Duration CALL = Duration.ofSeconds(10);

    private final RegionPool pool;
    private final Transport transport;
    private final Listener listener;
    private final MessageEndpoint memnode;
    private final MessageEndpoint.Handler answers;
    private long grants;
    final BlockingQueue<FlushMessage> heard = new LinkedBlockingQueue<>();

    /** @param agrees whether workers that show a token may begin */
    PlayedGenerator(String memnodeAddress, boolean agrees) throws Exception {
        this(memnodeAddress, (from, message, reply) -> {
            if (agrees) {
                reply.send(new Ack());
            } else {
                reply.refuse(RefusalReason.UNKNOWN, "never heard of it");
            }
        });
    }

    /** @param answers what workers and the memnode hear from it, if anything */
    PlayedGenerator(String memnodeAddress, MessageEndpoint.Handler answers) throws Exception {
        this.answers = answers;
        this.pool = new RegionPool(Cluster.CHUNK, 1L << 20);
        this.transport = Cluster.transport("generator", "played", pool);
        this.listener = transport.listen(
                Cluster.loopback(0), connection -> MessageEndpoint.attach(connection, this::onMessage, Runnable::run));
        Connection connection =
                transport.connect(Addresses.parse(memnodeAddress)).get(10, TimeUnit.SECONDS);
        this.memnode = MessageEndpoint.attach(connection, this::onMessage, Runnable::run);
        call(new RegisterGenerator(Jobs.DATABASE, 1, hashCode()), Registered.class);
    }

    private void onMessage(MessageEndpoint from, FlushMessage message, MessageEndpoint.Reply reply) throws Exception {
        heard.add(message);
        answers.onMessage(from, message, reply);
    }

    private <T extends FlushMessage> T call(FlushMessage message, Class<T> expected) throws Exception {
        return memnode.call(message, expected, CALL).get(10, TimeUnit.SECONDS);
    }

    /** Where workers reach it. */
    String callback() {
        return Addresses.format(listener.address());
    }

    Placed place() throws Exception {
        return call(new Place(60_000, 0, 100, List.of()), Placed.class);
    }

    /** Takes memory on the memnode, which holds zeros until it is shipped to. */
    long allocate(List<Integer> lengths) throws Exception {
        grants++;
        call(new Allocate(grants, lengths), Granted.class);
        return grants;
    }

    /** Takes all that the memnode has left, chunk by chunk; how many bytes that was. */
    long allocateAll() throws Exception {
        long bytes = 0;
        while (true) {
            try {
                allocate(List.of(Cluster.CHUNK));
                bytes += Cluster.CHUNK;
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RefusedException refused && refused.reason() == RefusalReason.BUSY) {
                    return bytes;
                }
                throw e;
            }
        }
    }

    /** Submits a job whose memory on the memnode is as it was granted: all zeros. */
    JobAssigned submitUnshipped(FlushJob job) throws Exception {
        return submit(place(), new AttemptToken(5, 6), job, callback());
    }

    /** Submits a placed job, as {@link #submitUnshipped}. */
    JobAssigned submit(Placed placed, AttemptToken token, FlushJob job, String callback) throws Exception {
        long grant = allocate(job.memtables().get(0).layout().blockLengths());
        FlushTask task = task(token, job, callback);
        return call(
                new SubmitJob(placed.assignmentId(), 60_000, List.of(grant), FlushTaskCodec.encode(task)),
                JobAssigned.class);
    }

    /** The first memtable's flush, as a worker gets it. */
    static FlushTask task(AttemptToken token, FlushJob job, String callback) {
        return new FlushTask(
                token,
                job.id(),
                1,
                List.of(job.memtables().get(0).layout()),
                job.snapshots(),
                job.fileNumber(),
                job.epochNumber(),
                job.tableOptions(),
                job.identity(),
                job.storageUri(),
                job.attemptDirectory(1),
                callback);
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
