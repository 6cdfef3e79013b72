// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.flush.placement.WorkerRegistry;
import io.sluice.flush.protocol.FlushMessage;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.Heartbeat;
import io.sluice.flush.protocol.FlushMessage.HeartbeatAck;
import io.sluice.flush.protocol.FlushMessage.Invited;
import io.sluice.flush.protocol.FlushMessage.RegisterGenerator;
import io.sluice.flush.protocol.FlushMessage.RegisterWorker;
import io.sluice.flush.protocol.FlushMessage.Registered;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.flush.protocol.MessageEndpoint.Reply;
import io.sluice.flush.protocol.PeerRights;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.flush.protocol.RefusedException;
import io.sluice.testkit.ManualClock;
import io.sluice.testkit.MemoryNetwork;
import io.sluice.transport.Connection;
import io.sluice.transport.Listener;
import io.sluice.transport.RegionPool;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A memnode's control, with peers that a test plays: over the real wire format, in virtual time, on the test's thread. */
final class PlayedCluster implements AutoCloseable {
    static final int CHUNK = 4096;
    /** The name of all peers. */
    static final String PEER = "peer";

    static final MemnodeSettings SETTINGS = MemnodeSettings.of("m1", InetSocketAddress.createUnresolved("memory", 0));

    private static final byte[] SECRET = "a secret of the tests alone".getBytes(StandardCharsets.UTF_8);
    private static final Duration CALL = Duration.ofHours(1);

    final ManualClock clock = new ManualClock();
    final RegionPool pool;
    /** Of the peers' side. */
    final RegionPool peerPool;

    final MemnodeControl control;
    /** The memnode's ends of the connections, in the order of their making. */
    final List<MessageEndpoint> accepted = new ArrayList<>();

    private final MemoryNetwork network = new MemoryNetwork();
    private final Transport node;
    private final Transport generators;
    private final Transport workers;
    private final Listener listener;

    /** @param chunks what the memnode lends */
    PlayedCluster(int chunks) throws Exception {
        this(chunks, SETTINGS);
    }

    PlayedCluster(int chunks, MemnodeSettings settings) throws Exception {
        pool = new RegionPool(CHUNK, (long) chunks * CHUNK, settings.tenants().size() + 1);
        control = new MemnodeControl(
                settings, new Vault(pool), clock, peer -> CompletableFuture.completedFuture(new Invited(peer)));
        node = network.open(context("memnode").regionPool(pool));
        peerPool = new RegionPool(CHUNK, 16L * CHUNK);
        generators = network.open(context(PeerRights.GENERATOR).name(PEER).regionPool(peerPool));
        workers = network.open(context(PeerRights.WORKER).name(PEER).regionPool(peerPool));
        listener = node.listen(InetSocketAddress.createUnresolved("memory", 0), this::onAccept);
        settle();
    }

    /** No timer of the transport's own comes in the way. */
    private TransportContext context(String role) {
        return new TransportContext()
                .secret(SECRET)
                .role(role)
                .name(role)
                .invokerMode(true)
                .nanoClock(clock)
                .heartbeatInterval(Duration.ofHours(12))
                .peerTimeout(Duration.ofHours(24))
                .operationTimeout(Duration.ofHours(24));
    }

    private void onAccept(Connection connection) {
        MessageEndpoint endpoint = MessageEndpoint.attach(connection, control::onMessage, Runnable::run);
        accepted.add(endpoint);
        var unused = connection.closed().thenRun(() -> control.onClosed(endpoint));
    }

    /** Runs both sides until nothing is left to do. */
    void settle() {
        int work;
        do {
            work = node.doWork() + generators.doWork() + workers.doWork();
        } while (work > 0);
    }

    /** Lets time pass, in one step, and whatever is due then happen. */
    void advance(Duration time) {
        clock.advance(time);
        settle();
    }

    /** A connection of a role that registered as nothing. */
    Peer connect(String role) throws Exception {
        Transport from = role.equals(PeerRights.WORKER) ? workers : generators;
        CompletableFuture<Connection> connecting = from.connect(listener.address());
        settle();
        return new Peer(connecting.get(0, TimeUnit.SECONDS));
    }

    Peer generator(String database) throws Exception {
        Peer peer = connect(PeerRights.GENERATOR);
        peer.call(new RegisterGenerator(database, 1, 1), Registered.class);
        return peer;
    }

    Peer worker(String id) throws Exception {
        Peer peer = connect(PeerRights.WORKER);
        peer.call(new RegisterWorker(id, 8), Registered.class);
        return peer;
    }

    /** The jobs that count on a worker; -1 where it is not known. */
    long jobsOn(String worker) {
        return control.status().workers().stream()
                .filter(status -> status.id().equals(worker))
                .mapToLong(status -> status.load().jobs())
                .findFirst()
                .orElse(-1);
    }

    List<String> liveWorkers() {
        return control.status().workers().stream()
                .filter(WorkerRegistry.Status::alive)
                .map(WorkerRegistry.Status::id)
                .toList();
    }

    @Override
    public void close() {
        workers.close();
        generators.close();
        node.close();
        control.clear();
        pool.close();
        peerPool.close();
    }

    /** A request of the memnode's to a peer that a test plays. */
    record Asked(FlushMessage message, Reply reply) {}

    /** A peer: what it is asked waits in {@link #asked} until the test answers. */
    final class Peer {
        final MessageEndpoint endpoint;
        final Deque<Asked> asked = new ArrayDeque<>();

        private Peer(Connection connection) {
            endpoint = MessageEndpoint.attach(
                    connection, (from, message, reply) -> asked.add(new Asked(message, reply)), Runnable::run);
        }

        <T extends FlushMessage> CompletableFuture<T> ask(FlushMessage message, Class<T> expected) {
            CompletableFuture<T> answer = endpoint.call(message, expected, CALL);
            settle();
            return answer;
        }

        <T extends FlushMessage> T call(FlushMessage message, Class<T> expected) throws Exception {
            return ask(message, expected).get(0, TimeUnit.SECONDS);
        }

        /** Why the memnode says no; null where it doesn't. */
        @Nullable
        RefusalReason refusalOf(FlushMessage message) {
            return reason(ask(message, FlushMessage.class));
        }

        /** Takes what it was asked next, which must be of a type. */
        <T extends FlushMessage> T next(Class<T> expected) {
            assertThat(asked).as("asked of the peer").isNotEmpty();
            return expected.cast(asked.element().message());
        }

        /** Answers what it was asked next. */
        void answer(FlushMessage answer) {
            asked.remove().reply().send(answer);
            settle();
        }

        /** Says no to what it was asked next. */
        void refuse(RefusalReason reason) {
            asked.remove().reply().refuse(reason, "played");
            settle();
        }

        void acknowledge() {
            answer(new Ack());
        }

        void heartbeat(int running, int assigned) throws Exception {
            call(new Heartbeat(0, running, assigned), HeartbeatAck.class);
        }

        /** Its process dies: the connection ends. */
        void die() {
            endpoint.connection().close();
            settle();
        }
    }

    /** Why a call was refused; null where it was not, or not yet. */
    static @Nullable RefusalReason reason(CompletableFuture<?> call) {
        if (!call.isDone()) {
            return null;
        }
        try {
            call.join();
            return null;
        } catch (CompletionException e) {
            if (e.getCause() instanceof RefusedException refused) {
                return refused.reason();
            }
            throw e;
        }
    }
}
