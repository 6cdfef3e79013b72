// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.transport.Access;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionListener;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.Listener;
import io.sluice.transport.Region;
import io.sluice.transport.RegionPool;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Both ends run by the test, one step at a time, in virtual time: every deadline, to the millisecond. */
@Timeout(30)
class InvokerModeTest {
    private static final Duration STEP = Duration.ofMillis(1);

    private final ManualClock clock = new ManualClock();
    private final MemoryNetwork network = new MemoryNetwork();
    private final RegionPool pool;
    private final Transport server;
    private final Transport client;
    private final List<Connection> accepted = new ArrayList<>();

    InvokerModeTest() throws Exception {
        pool = new RegionPool(4096, 1 << 20);
        server = network.open(context());
        client = network.open(context());
    }

    private TransportContext context() {
        return new TransportContext()
                .secret(new byte[16])
                .regionPool(pool)
                .invokerMode(true)
                .nanoClock(clock)
                .maxMessageLength(1000)
                .connectTimeout(Duration.ofMillis(700))
                .heartbeatInterval(Duration.ofMillis(100))
                .peerTimeout(Duration.ofMillis(500))
                .operationTimeout(Duration.ofMillis(300))
                .drainTimeout(Duration.ofMillis(200));
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
        assertThat(pool.inUse()).isZero();
        pool.close();
    }

    private void settle() {
        int work;
        do {
            work = client.doWork() + server.doWork();
        } while (work > 0);
    }

    /** Milliseconds until the future is done. */
    private long millisUntilDone(CompletableFuture<?> future) {
        long elapsed = 0;
        settle();
        while (!future.isDone()) {
            assertThat(elapsed).isLessThan(10_000);
            clock.advance(STEP);
            client.doWork();
            elapsed++;
        }
        return elapsed;
    }

    private Connection connect() throws Exception {
        return Objects.requireNonNull(tryConnect());
    }

    private @Nullable Connection tryConnect() throws Exception {
        Listener listener = server.listen(InetSocketAddress.createUnresolved("memory", 0), accepted::add);
        settle();
        CompletableFuture<Connection> connecting = client.connect(listener.address());
        settle();
        return connecting.isCompletedExceptionally() ? null : connecting.get(0, TimeUnit.SECONDS);
    }

    @Test
    void shouldGiveUpConnectingAtTheDeadline() {
        CompletableFuture<Connection> connecting = client.connect(network.silentAddress());
        assertThat(millisUntilDone(connecting)).isBetween(699L, 702L);
        assertThat(connecting).isCompletedExceptionally();
    }

    @Test
    @Tag("T9")
    void shouldNoticeADeadPeerAtTheDeadline() throws Exception {
        Connection connection = connect();
        network.blackHole(true);
        assertThat(millisUntilDone(connection.closed())).isBetween(499L, 502L);
        assertThat(Objects.requireNonNull(connection.failure()).kind()).isEqualTo(Kind.PEER_DEAD);
    }

    @Test
    @Tag("T9")
    void shouldFailAnOperationAtItsDeadlineAndKeepItsMemoryUntilThen() throws Exception {
        Connection connection = connect();
        Region remote = Objects.requireNonNull(pool.tryAcquire(4096));
        Region local = Objects.requireNonNull(pool.tryAcquire(4096));
        var exposed = accepted.get(0).expose(remote, Access.READ);
        network.blackHole(true);
        List<TransportException> causes = new ArrayList<>();
        connection.read(exposed, 0, local, 0, 10, 1, (id, cause) -> causes.add(Objects.requireNonNull(cause)));
        local.release();
        remote.release();
        assertThat(pool.inUse()).isEqualTo(8192);
        assertThat(millisUntilDone(connection.closed())).isBetween(299L, 302L);
        assertThat(causes).hasSize(1);
        assertThat(causes.get(0).code()).isEqualTo("transport.operation.deadline");
        assertThat(pool.inUse()).isEqualTo(4096);
    }

    @Test
    void shouldNotSendOnFromMemoryThatHasANewTenant() throws Exception {
        Connection connection = connect();
        int length = 512 << 10;
        Region remote = Objects.requireNonNull(pool.tryAcquire(length));
        Region local = Objects.requireNonNull(pool.tryAcquire(length));
        local.buffer().setMemory(0, length, (byte) 1);
        var exposed = accepted.get(0).expose(remote, Access.WRITE);
        CompletableFuture<Region> ended = new CompletableFuture<>();
        connection.write(local, 0, length, exposed, 0, 1, (id, cause) -> {
            Region tenant = Objects.requireNonNull(pool.tryAcquire(length));
            tenant.buffer().setMemory(0, length, (byte) 2);
            server.doWork(); // makes room for what is left of the fragment
            ended.complete(tenant);
        });
        local.release();
        client.doWork(); // the network takes less than a fragment, and nobody reads
        clock.advance(Duration.ofMillis(301));
        client.doWork();
        settle();
        assertThat(ended).isDone();
        byte[] found = new byte[length];
        remote.buffer().getBytes(0, found);
        assertThat(found).doesNotContain(2);
        ended.join().release();
        remote.release();
    }

    @Test
    void shouldEndAnOrderlyCloseAtItsDeadlineWhereThePeerDoesNotFollow() throws Exception {
        Connection connection = connect();
        network.blackHole(true);
        connection.close();
        assertThat(connection.state()).isEqualTo(ConnectionState.DRAINING);
        assertThat(millisUntilDone(connection.closed())).isBetween(199L, 202L);
        assertThat(Objects.requireNonNull(connection.failure()).code()).isEqualTo("transport.drain.deadline");
    }

    @Test
    void shouldNotLingerWhereThePeersLastWordCameWithTheEndOfItsStream() throws Exception {
        Connection connection = connect();
        assertThat(network.openPipes()).isEqualTo(2);
        connection.close();
        client.doWork();
        server.doWork(); // answers, and closes its direction: the client finds both at once
        settle();
        assertThat(connection.state()).isEqualTo(ConnectionState.CLOSED);
        assertThat(network.openPipes()).isZero();
    }

    @Test
    void shouldKeepAnIdleConnectionByHeartbeatsAlone() throws Exception {
        Connection connection = connect();
        for (int i = 0; i < 5000; i++) {
            clock.advance(STEP);
            client.doWork();
            server.doWork();
        }
        assertThat(connection.state()).isEqualTo(ConnectionState.ACTIVE);
        connection.offer(new UnsafeBuffer(new byte[5]), 0, 5);
        settle();
        List<Integer> lengths = new ArrayList<>();
        accepted.get(0).poll((buffer, offset, length) -> lengths.add(length), 10);
        assertThat(lengths).containsExactly(5);
    }

    @Test
    void shouldHandOutEachMessageAtTheFirstPollAfterItIsThere() throws Exception {
        Connection connection = connect();
        UnsafeBuffer message = new UnsafeBuffer(new byte[50]);
        for (int i = 0; i < 20_000; i++) { // several times around the ring
            assertThat(connection.offer(message, 0, 50)).isNotNegative();
            settle();
            assertThat(accepted.get(0).poll((buffer, offset, length) -> {}, 1))
                    .as("message %d", i)
                    .isEqualTo(1);
        }
    }

    @Test
    void shouldNotMistakeAPauseOfItsOwnForTheDeathOfThePeer() throws Exception {
        Connection connection = connect();
        for (int i = 0; i < 4; i++) {
            clock.advance(Duration.ofMillis(100));
            client.doWork();
        }
        server.doWork();
        // The client sleeps beyond the timeout, counted from what it last read; the answer waits in its socket.
        clock.advance(Duration.ofMillis(200));
        settle();
        clock.advance(STEP);
        settle();
        assertThat(connection.state()).isEqualTo(ConnectionState.ACTIVE);
    }

    @Test
    void shouldFailBothEndsWhenTheNetworkCutsThem() throws Exception {
        Connection connection = connect();
        network.cut();
        settle();
        assertThat(connection.state()).isEqualTo(ConnectionState.FAILED);
        assertThat(accepted.get(0).state()).isEqualTo(ConnectionState.FAILED);
    }

    @Test
    @Tag("A37")
    void shouldNotSurviveADamagedByteAnywhereInTheConversation() throws Exception {
        for (int at = 0; at < 900; at++) {
            // What lingers from the round before is closed by then.
            clock.advance(Duration.ofSeconds(1));
            settle();
            accepted.clear();
            network.corruptAt(at);
            Connection connection = tryConnect();
            if (connection == null) {
                continue;
            }
            Connection here = accepted.get(accepted.size() - 1);
            for (int i = 0; i < 10; i++) {
                connection.offer(new UnsafeBuffer(new byte[50]), 0, 50);
                here.offer(new UnsafeBuffer(new byte[50]), 0, 50);
            }
            settle();
            assertThat(connection.state()).as("byte %d", at).isEqualTo(ConnectionState.FAILED);
            List<Integer> sums = new ArrayList<>();
            here.poll((buffer, offset, length) -> sums.add(length + buffer.getInt(offset)), 100);
            assertThat(sums).allMatch(sum -> sum == 50);
        }
    }

    @Test
    void shouldNotSpinForATimerThatNobodyListensTo() throws Exception {
        Connection connection = connect();
        connection.wakeAt(clock.getAsLong());
        client.doWork();
        client.doWork();
        assertThat(client.doWork()).isZero();
        List<Long> told = new ArrayList<>();
        connection.listener(new ConnectionListener() {
            @Override
            public long onTimer(Connection due, long nowNs) {
                told.add(nowNs);
                return Long.MAX_VALUE;
            }
        });
        settle();
        assertThat(told).hasSize(1);
    }

    @Test
    void shouldRefuseToCloseWithinACallbackAndStillCloseLater() throws Exception {
        Connection connection = connect();
        List<Exception> thrown = new ArrayList<>();
        connection.whenWritable(() -> {
            try {
                client.close();
            } catch (IllegalStateException e) {
                thrown.add(e);
            }
        });
        settle();
        assertThat(thrown).hasSize(1);
        assertThat(connection.state()).isEqualTo(ConnectionState.ACTIVE);
        client.close();
        assertThat(connection.state().isTerminal()).isTrue();
    }

    @Test
    @Tag("T9")
    void shouldTakeMemoryBackFromAPeerThatDoesNotLetGoOfARevokedRegion() throws Exception {
        Connection connection = connect();
        Connection here = accepted.get(0);
        int length = 512 << 10;
        Region remote = Objects.requireNonNull(pool.tryAcquire(length));
        Region local = Objects.requireNonNull(pool.tryAcquire(length));
        var exposed = here.expose(remote, Access.READ);
        connection.read(exposed, 0, local, 0, length, 1, (id, cause) -> {});
        client.doWork();
        server.doWork(); // as much of the answer as the network takes; the client reads nothing
        remote.release();
        CompletableFuture<Void> gone = here.revoke(exposed);
        server.doWork();
        for (int ms = 0; ms < 299; ms++) {
            clock.advance(STEP);
            server.doWork();
        }
        assertThat(gone).isNotDone();
        assertThat(pool.inUse()).isEqualTo(2L * length);
        clock.advance(Duration.ofMillis(2));
        server.doWork();
        assertThat(gone).isCompleted();
        assertThat(pool.inUse()).isEqualTo(length);
        assertThat(Objects.requireNonNull(here.failure()).code()).isEqualTo("transport.revoke.deadline");
        local.release();
    }
}
