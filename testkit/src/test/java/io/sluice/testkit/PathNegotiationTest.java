// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.testkit.MemoryFabric.Fault;
import io.sluice.transport.Access;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.Listener;
import io.sluice.transport.PeerClass;
import io.sluice.transport.RdmaSettings;
import io.sluice.transport.RdmaSettings.Policy;
import io.sluice.transport.Region;
import io.sluice.transport.RegionPool;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How data come to go beside the stream, stay on it, and what holds then; the fabric stands for RDMA hardware. */
@Timeout(60)
class PathNegotiationTest {
    private static final int LENGTH = 64 * 1024;

    private final MemoryNetwork network = new MemoryNetwork();
    private final MemoryFabric fabric = new MemoryFabric();
    private final AtomicLong skippedNs = new AtomicLong();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final LinkedBlockingQueue<Connection> accepted = new LinkedBlockingQueue<>();

    private RdmaSettings serverRdma = RdmaSettings.of(Policy.PREFER);
    private RdmaSettings clientRdma = RdmaSettings.of(Policy.PREFER);
    private Duration operationTimeout = Duration.ofSeconds(30);
    private Duration heartbeatInterval = Duration.ofSeconds(1);
    private int maxOperations = 64;
    private int serverParts = 1;
    private int messageWindow = 1024;
    private boolean serverHasFabric = true;
    private boolean clientHasFabric = true;

    PathNegotiationTest() {}

    @AfterEach
    void close() throws Exception {
        fabric.fault(Fault.NONE);
        Collections.reverse(opened);
        for (AutoCloseable each : opened) {
            each.close();
        }
        assertThat(fabric.openEnds()).isZero();
    }

    private <T extends AutoCloseable> T keep(T closeable) {
        opened.add(closeable);
        return closeable;
    }

    private Transport open(String role, RdmaSettings rdma, boolean hasFabric, RegionPool pool) {
        TransportContext context = new TransportContext()
                .role(role)
                .name(role + "1")
                .secret("a secret of the tests".getBytes(StandardCharsets.UTF_8))
                .regionPool(pool)
                .rdma(rdma)
                .operationTimeout(operationTimeout)
                .heartbeatInterval(heartbeatInterval)
                .peerTimeout(heartbeatInterval.multipliedBy(10))
                .maxOperations(maxOperations)
                .messageWindow(messageWindow)
                .nanoClock(() -> System.nanoTime() + skippedNs.get());
        return keep(hasFabric ? network.open(context, fabric) : network.open(context));
    }

    /** Two transports, and connections between them. */
    private final class Ends {
        final RegionPool serverPool = keep(new RegionPool(LENGTH, 4 * LENGTH, serverParts));
        final RegionPool clientPool = keep(new RegionPool(LENGTH, 4 * LENGTH));
        final Transport server = open("memnode", serverRdma, serverHasFabric, serverPool);
        final Transport client = open("generator", clientRdma, clientHasFabric, clientPool);
        final InetSocketAddress address;

        Ends() throws Exception {
            Listener listener = server.listen(InetSocketAddress.createUnresolved("memory", 0), accepted::add);
            address = listener.address();
        }

        Connection connect() throws Exception {
            return client.connect(address).get(10, TimeUnit.SECONDS);
        }

        Connection accepted() throws Exception {
            return Objects.requireNonNull(accepted.poll(10, TimeUnit.SECONDS));
        }

        TransportException failureToConnect() {
            return failureOf(client.connect(address));
        }
    }

    private static TransportException failureOf(CompletableFuture<?> future) {
        try {
            future.get(10, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TransportException failure) {
                return failure;
            }
            throw new AssertionError("another failure", e);
        } catch (Exception e) {
            throw new AssertionError("no failure in time", e);
        }
        throw new AssertionError("expected a failure");
    }

    private static CompletableFuture<Void> write(Connection connection, Region source, RemoteRegion target) {
        CompletableFuture<Void> result = new CompletableFuture<>();
        long code = connection.write(source, 0, source.length(), target, 0, 1, (id, cause) -> {
            if (cause == null) {
                result.complete(null);
            } else {
                result.completeExceptionally(cause);
            }
        });
        assertThat(code).isNotNegative();
        return result;
    }

    private static Region acquire(RegionPool pool) {
        return Objects.requireNonNull(pool.tryAcquire(LENGTH));
    }

    private void exchange(Connection client, Connection server) {
        UnsafeBuffer message = new UnsafeBuffer(new byte[] {1, 2, 3});
        assertThat(client.offer(message, 0, 3)).isNotNegative();
        await().until(() -> server.poll((buffer, offset, length) -> {}, 1) == 1);
        assertThat(server.offer(message, 0, 3)).isNotNegative();
        await().until(() -> client.poll((buffer, offset, length) -> {}, 1) == 1);
    }

    private void assertOnStream(Ends ends, String reason) throws Exception {
        Connection client = ends.connect();
        Connection server = ends.accepted();
        assertThat(client.path().name()).isEqualTo("memory");
        assertThat(server.path().name()).isEqualTo("memory");
        assertThat(client.path().reason()).contains(reason);
        assertThat(server.path().reason()).contains(reason);
        exchange(client, server);
        client.close();
        server.closed().get(10, TimeUnit.SECONDS);
    }

    @Test
    void shouldGoBesideTheStreamWhereBothSidesCan() throws Exception {
        Ends ends = new Ends();
        Connection client = ends.connect();
        Connection server = ends.accepted();
        assertThat(client.path().toString()).isEqualTo("memory-rdma");
        assertThat(server.path().reason()).isNull();
        exchange(client, server);
        client.close();
        assertThat(server.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.CLOSED);
        await().until(() -> fabric.openEnds() == 0);
    }

    @Test
    @Tag("T7")
    void shouldStayOnTheStreamWhereASideHasNone() throws Exception {
        clientHasFabric = false;
        Ends ends = new Ends();
        Connection client = ends.connect();
        Connection server = ends.accepted();
        assertThat(client.path().reason()).isEqualTo("this transport has no RDMA");
        assertThat(server.path().reason()).contains("the peer has no RDMA");
        exchange(client, server);
    }

    @Test
    void shouldFailToConnectWhereASideRequiresWhatTheOtherHasNot() throws Exception {
        clientHasFabric = false;
        serverRdma = RdmaSettings.of(Policy.REQUIRE);
        TransportException failure = new Ends().failureToConnect();
        assertThat(failure.code()).isEqualTo("transport.rdma.required");
        assertThat(failure).hasMessageContaining("is required here").hasMessageContaining("the peer has no RDMA");
        assertThat(accepted).isEmpty();
    }

    @Test
    void shouldFailToConnectWhereTheDiallerRequiresIt() throws Exception {
        fabric.fault(Fault.NO_RINGS);
        clientRdma = RdmaSettings.of(Policy.REQUIRE);
        TransportException failure = new Ends().failureToConnect();
        assertThat(failure.code()).isEqualTo("transport.rdma.required");
        assertThat(failure).hasMessageContaining("all message rings are in use");
    }

    @Test
    void shouldAskAgainAtOnceWhereAllRingsWereInUse() throws Exception {
        fabric.fault(Fault.NO_RINGS);
        Ends ends = new Ends();
        assertOnStream(ends, "all message rings are in use");
        fabric.fault(Fault.NONE);
        assertThat(ends.connect().path().reason()).isNull();
    }

    @Test
    void shouldLeaveAPeerAloneForAMinuteWhereItDidNotWork() throws Exception {
        fabric.fault(Fault.REFUSE);
        Ends ends = new Ends();
        assertOnStream(ends, "nobody listens there");
        await().until(() -> fabric.openEnds() == 0);
        fabric.fault(Fault.NONE);
        assertOnStream(ends, "nobody listens there");
        skippedNs.addAndGet(TimeUnit.SECONDS.toNanos(61));
        Connection again = ends.connect();
        assertThat(again.path().reason()).isNull();
        exchange(again, ends.accepted());
    }

    @Test
    void shouldTryAgainAtOnceWhereRdmaIsRequired() throws Exception {
        fabric.fault(Fault.REFUSE);
        serverRdma = RdmaSettings.of(Policy.REQUIRE);
        clientRdma = RdmaSettings.of(Policy.REQUIRE);
        Ends ends = new Ends();
        assertThat(ends.failureToConnect().code()).isEqualTo("transport.rdma.required");
        fabric.fault(Fault.NONE);
        assertThat(ends.connect().path().reason()).isNull();
    }

    @Test
    void shouldStayOnTheStreamWhereNothingIsHeardBesideIt() throws Exception {
        fabric.fault(Fault.SILENT);
        long startNs = System.nanoTime();
        assertOnStream(new Ends(), "no queue pair with");
        assertThat(System.nanoTime() - startNs).isLessThan(TimeUnit.SECONDS.toNanos(5));
        await().until(() -> fabric.openEnds() == 0);
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"REFUSE", "SILENT"})
    void shouldSayAtOnceThatDataStayOnTheStream(Fault why) throws Exception {
        heartbeatInterval = Duration.ofHours(1); // nothing else takes along what was to be said
        fabric.fault(why);
        Ends ends = new Ends();
        Connection client = ends.connect();
        exchange(client, ends.accepted());
    }

    @Test
    void shouldFailTheConnectionWhoseQueuePairBreaks() throws Exception {
        Ends ends = new Ends();
        Connection client = ends.connect();
        Connection server = ends.accepted();
        RemoteRegion exposed = server.expose(acquire(ends.serverPool), Access.WRITE);
        fabric.fault(Fault.STUCK);
        Region source = acquire(ends.clientPool);
        CompletableFuture<Void> write = write(client, source, exposed);
        source.release();
        fabric.cut();
        assertThat(failureOf(write).kind()).isEqualTo(Kind.PEER_DEAD);
        assertThat(client.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.FAILED);
        assertThat(server.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.FAILED);
        await().until(() -> ends.clientPool.inUse() == 0);
    }

    @Test
    void shouldKeepTheMemoryOfATimedOutOperationUntilTheDeviceLetsItGo() throws Exception {
        operationTimeout = Duration.ofMillis(300);
        Ends ends = new Ends();
        Connection client = ends.connect();
        Connection server = ends.accepted();
        Region target = acquire(ends.serverPool);
        RemoteRegion exposed = server.expose(target, Access.WRITE);
        target.release();
        fabric.fault(Fault.NEVER_CLOSES);
        Region source = acquire(ends.clientPool);
        CompletableFuture<Void> write = write(client, source, exposed);
        source.release();
        assertThat(failureOf(write).code()).isEqualTo("transport.operation.deadline");
        client.closed().get(10, TimeUnit.SECONDS);
        server.closed().get(10, TimeUnit.SECONDS);
        assertThat(ends.clientPool.inUse()).as("the device may still read it").isEqualTo(LENGTH);
        assertThat(ends.serverPool.inUse()).as("the peer may still write it").isEqualTo(LENGTH);
        fabric.fault(Fault.NONE);
        await().until(() -> ends.clientPool.inUse() == 0 && ends.serverPool.inUse() == 0);
    }

    @Test
    void shouldNotCallARegionRevokedThatTheDeviceMayStillWriteAfterTheEnd() throws Exception {
        Ends ends = new Ends();
        Connection client = ends.connect();
        Connection server = ends.accepted();
        RemoteRegion exposed = server.expose(acquire(ends.serverPool), Access.WRITE);
        RemoteRegion revokedBefore = server.expose(acquire(ends.serverPool), Access.WRITE);
        fabric.fault(Fault.NEVER_CLOSES);
        var unused = write(client, acquire(ends.clientPool), revokedBefore);
        await().until(() -> fabric.operationsUnderWay() == 1);
        CompletableFuture<Void> before = server.revoke(revokedBefore);
        client.offer(new UnsafeBuffer(new byte[1]), 0, 1);
        fabric.cut();
        server.closed().get(10, TimeUnit.SECONDS);
        CompletableFuture<Void> again = server.revoke(revokedBefore);
        CompletableFuture<Void> after = server.revoke(exposed);
        CompletableFuture<Void> all = CompletableFuture.allOf(before, again, after);
        await().during(Duration.ofMillis(200))
                .atMost(Duration.ofSeconds(5))
                .until(() -> !before.isDone() && !again.isDone() && !after.isDone());
        fabric.fault(Fault.NONE);
        all.get(10, TimeUnit.SECONDS);
        server.revoke(exposed).get(10, TimeUnit.SECONDS);
    }

    @Test
    void shouldWakeWhoWaitsForAnOperationThoughAnotherWaitsForCredit() throws Exception {
        maxOperations = 1;
        messageWindow = 2;
        Ends ends = new Ends();
        Connection client = ends.connect();
        Connection server = ends.accepted();
        UnsafeBuffer message = new UnsafeBuffer(new byte[8]);
        await().until(() -> client.offer(message, 0, 8) == Connection.BACK_PRESSURED);
        CompletableFuture<Void> credit = new CompletableFuture<>();
        client.whenWritable(() -> credit.complete(null));
        RemoteRegion exposed = server.expose(acquire(ends.serverPool), Access.WRITE);
        Region source = acquire(ends.clientPool);
        fabric.fault(Fault.STUCK);
        CompletableFuture<Void> first = write(client, source, exposed);
        assertThat(client.write(source, 0, 1, exposed, 0, 2, (id, cause) -> {})).isEqualTo(Connection.BACK_PRESSURED);
        fabric.fault(Fault.NONE);
        first.get(10, TimeUnit.SECONDS); // between the refusal and the asking to be woken
        CompletableFuture<Void> operation = new CompletableFuture<>();
        client.whenWritable(() -> operation.complete(null));
        operation.get(10, TimeUnit.SECONDS);
        assertThat(credit).as("the peer has polled nothing").isNotDone();
        await().until(() -> server.poll((buffer, offset, length) -> {}, 8) > 0);
        credit.get(10, TimeUnit.SECONDS);
    }

    @Test
    void shouldRevokeOnlyWhenThePeerUsesTheRegionNoMore() throws Exception {
        Ends ends = new Ends();
        Connection client = ends.connect();
        Connection server = ends.accepted();
        RemoteRegion exposed = server.expose(acquire(ends.serverPool), Access.WRITE);
        Region source = acquire(ends.clientPool);
        fabric.fault(Fault.STUCK);
        CompletableFuture<Void> write = write(client, source, exposed);
        await().until(() -> fabric.operationsUnderWay() == 1);
        CompletableFuture<Void> revoked = server.revoke(exposed);
        await().during(Duration.ofMillis(200)).atMost(Duration.ofSeconds(5)).until(() -> !revoked.isDone());
        fabric.fault(Fault.NONE);
        write.get(10, TimeUnit.SECONDS);
        revoked.get(10, TimeUnit.SECONDS);
        assertThat(failureOf(write(client, source, exposed)).kind()).isEqualTo(Kind.REVOKED);
        RemoteRegion next = server.expose(acquire(ends.serverPool), Access.WRITE);
        write(client, source, next).get(10, TimeUnit.SECONDS);
        assertThat(client.state()).isEqualTo(ConnectionState.ACTIVE);
    }

    @Test
    @Tag("T8")
    void shouldGiveEachClassOfPeersItsRight() throws Exception {
        serverRdma = serverRdma.withAccess(
                EnumSet.of(Access.READ, Access.WRITE),
                peer -> peer.role().equals("generator") ? Access.WRITE : Access.READ);
        Ends ends = new Ends();
        Connection client = ends.connect();
        Connection server = ends.accepted();
        Region target = acquire(ends.serverPool);
        assertThatThrownBy(() -> server.expose(target, Access.READ))
                .isInstanceOfSatisfying(
                        TransportException.class, e -> assertThat(e.code()).isEqualTo("transport.expose.access"));
        RemoteRegion granted = server.expose(target, Access.WRITE);
        RemoteRegion forged = new RemoteRegion(
                granted.regionId(),
                granted.epoch(),
                granted.length(),
                Access.READ_WRITE,
                granted.keyHigh(),
                granted.keyLow());
        Region local = acquire(ends.clientPool);
        write(client, local, granted).get(10, TimeUnit.SECONDS);
        CompletableFuture<Void> read = new CompletableFuture<>();
        client.read(forged, 0, local, 0, 10, 1, (id, cause) -> {
            if (cause != null) {
                read.completeExceptionally(cause);
            }
        });
        assertThat(failureOf(read).code()).isEqualTo("transport.rdma.access");
        assertThat(client.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.FAILED);
        assertThat(server.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.FAILED);
    }

    @Test
    @Tag("T8")
    void shouldOpenNothingToAClassWithoutRights() throws Exception {
        clientRdma = clientRdma.withAccess(EnumSet.of(Access.NONE), peer -> Access.NONE);
        Ends ends = new Ends();
        Connection client = ends.connect();
        Connection server = ends.accepted();
        Region own = acquire(ends.clientPool);
        for (Access access : EnumSet.of(Access.READ, Access.WRITE, Access.READ_WRITE)) {
            assertThatThrownBy(() -> client.expose(own, access))
                    .isInstanceOfSatisfying(
                            TransportException.class, e -> assertThat(e.code()).isEqualTo("transport.expose.access"));
        }
        assertThatThrownBy(() -> server.expose(acquire(ends.serverPool), Access.NONE))
                .isInstanceOf(IllegalArgumentException.class);
        // What it needs of others it still has.
        write(client, own, server.expose(acquire(ends.serverPool), Access.WRITE))
                .get(10, TimeUnit.SECONDS);
        assertThat(fabric.keys()).as("one slab, the server's").isEqualTo(1);
    }

    @Test
    @Tag("T8")
    void shouldKeepTenantsToSlabsOfTheirOwn() throws Exception {
        serverParts = 2;
        serverRdma = serverRdma.withClasses(
                Set.of(new PeerClass(Access.WRITE, 0), new PeerClass(Access.WRITE, 1), PeerClass.of(Access.READ)),
                peer -> peer.role().equals("generator") ? new PeerClass(Access.WRITE, 1) : PeerClass.of(Access.READ));
        Ends ends = new Ends();
        assertThat(fabric.keys())
                .as("each slab once for writers, once for readers; and the client's")
                .isEqualTo(5);
        Connection client = ends.connect();
        Connection server = ends.accepted();
        Region others = Objects.requireNonNull(ends.serverPool.tryAcquire(LENGTH, 0));
        others.buffer().setMemory(0, LENGTH, (byte) 7);
        assertThatThrownBy(() -> server.expose(others, Access.WRITE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("part 0");
        Region own = Objects.requireNonNull(ends.serverPool.tryAcquire(LENGTH, 1));
        RemoteRegion granted = server.expose(own, Access.WRITE);
        Region source = acquire(ends.clientPool);
        source.buffer().setMemory(0, LENGTH, (byte) 9);
        write(client, source, granted).get(10, TimeUnit.SECONDS);
        assertThat(own.buffer().getByte(LENGTH - 1)).isEqualTo((byte) 9);
        // It was told of one slab, and there is no other to name.
        RemoteRegion guessed = new RemoteRegion(
                granted.regionId(), granted.epoch(), granted.length(), Access.WRITE, granted.keyHigh() + 1, 0);
        assertThat(granted.keyHigh()).isZero();
        assertThat(failureOf(write(client, source, guessed)).code()).isEqualTo("transport.region.key");
        assertThat(others.buffer().getByte(0)).isEqualTo((byte) 7);
    }

    @Test
    void shouldStayOnTheStreamWithWhoIsOfNoClass() throws Exception {
        serverRdma = serverRdma.withAccess(EnumSet.of(Access.READ, Access.WRITE), peer -> Access.NONE);
        assertOnStream(new Ends(), "[transport.rdma.access.class]");
    }

    @Test
    @Tag("T8")
    void shouldNotAddressWhatThePeerNeverOffered() throws Exception {
        Ends ends = new Ends();
        Connection client = ends.connect();
        Connection server = ends.accepted();
        RemoteRegion given = server.expose(acquire(ends.serverPool), Access.WRITE);
        RemoteRegion forged = new RemoteRegion(
                given.regionId(), given.epoch(), given.length(), Access.WRITE, given.keyHigh(), 4L * LENGTH - 1);
        assertThat(failureOf(write(client, acquire(ends.clientPool), forged)).code())
                .isEqualTo("transport.region.bounds");
        Connection next = ends.connect();
        RemoteRegion other = ends.accepted().expose(acquire(ends.serverPool), Access.WRITE);
        RemoteRegion unknown =
                new RemoteRegion(other.regionId(), other.epoch(), other.length(), Access.WRITE, 7, other.keyLow());
        assertThat(failureOf(write(next, acquire(ends.clientPool), unknown)).code())
                .isEqualTo("transport.region.key");
    }
}
