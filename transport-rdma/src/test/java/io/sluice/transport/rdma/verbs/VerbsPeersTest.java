// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.ibm.disni.verbs.RdmaEventChannel;
import io.sluice.transport.Access;
import io.sluice.transport.PeerClass;
import io.sluice.transport.Region;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.wire.PathOffer;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may connect, and what a peer may do once it has. */
@Tag("soft-roce")
class VerbsPeersTest {
    private static final int LENGTH = 4096;

    private final PathPair pair;

    VerbsPeersTest() throws IOException {
        PathEnd server =
                new PathEnd(PathPair.SERVER, new TransportContext().invokerMode(true), EnumSet.allOf(Access.class));
        server.provider.start(() -> {});
        pair = new PathPair(server, PathEnd.polled(PathPair.CLIENT));
    }

    @AfterEach
    void close() {
        pair.close();
    }

    private boolean transfer(boolean isWrite, Region local) throws TransportException {
        PathEnd client = pair.client;
        boolean taken = isWrite
                ? client.path().write(0, local.memory(), 0, LENGTH, client.remote(0), client.remoteKey())
                : client.path().read(0, local.memory(), 0, LENGTH, client.remote(0), client.remoteKey());
        client.path().flush();
        return taken;
    }

    private void awaitRefusal() {
        pair.awaitBroken(pair.client);
        assertThat(pair.client.broken).hasMessageContaining("transport.rdma.access");
        assertThat(pair.client.ended).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Access.class)
    void shouldLetAPeerDoWhatItsClassMay(Access given) throws IOException {
        pair.connect(given);
        Region local = pair.client.region(LENGTH);
        for (boolean isWrite : new boolean[] {true, false}) {
            Access wanted = isWrite ? Access.WRITE : Access.READ;
            if (given.allows(wanted)) {
                assertThat(transfer(isWrite, local)).isTrue();
                pair.await("done", () -> !pair.client.ended.isEmpty());
                pair.client.ended.clear();
            }
        }
    }

    @Test
    @Tag("T8")
    void shouldNotLetAWriterRead() throws IOException {
        pair.connect(Access.WRITE);
        Region secret = pair.server.region(LENGTH);
        secret.buffer().setMemory(0, LENGTH, (byte) 7);
        Region local = pair.client.region(LENGTH);
        assertThat(transfer(false, local)).isTrue();
        awaitRefusal();
        assertThat(local.buffer().getByte(0)).isZero();
    }

    @Test
    @Tag("T8")
    void shouldNotLetAReaderWrite() throws IOException {
        pair.connect(Access.READ);
        Region target = pair.server.region(LENGTH);
        Region local = pair.client.region(LENGTH);
        local.buffer().setMemory(0, LENGTH, (byte) 7);
        assertThat(transfer(true, local)).isTrue();
        awaitRefusal();
        assertThat(target.buffer().getByte(0)).isZero();
    }

    @Test
    @Tag("T8")
    void shouldNotLetAPeerUseAnotherClassesKey() throws IOException {
        pair.server.listen(Access.READ);
        PathOffer readers = pair.server.path().offer();
        pair.server.path().close();
        pair.await("closed", () -> pair.server.closes == 1);
        pair.connect(Access.WRITE);
        pair.client.peer = readers;
        pair.server.region(LENGTH);
        assertThat(transfer(false, pair.client.region(LENGTH))).isTrue();
        awaitRefusal();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("T8")
    void shouldLetAPeerReachNothingInAClassWithoutRights(boolean isWrite) throws IOException {
        pair.server.listen(Access.READ_WRITE);
        PathOffer everything = pair.server.path().offer();
        pair.server.path().close();
        pair.await("closed", () -> pair.server.closes == 1);
        pair.connect(Access.NONE);
        assertThat(pair.server.path().offer().slabs()).isEmpty();
        pair.client.peer = everything;
        Region kept = pair.server.region(LENGTH);
        kept.buffer().setMemory(0, LENGTH, (byte) 7);
        Region local = pair.client.region(LENGTH);
        assertThat(transfer(isWrite, local)).isTrue();
        awaitRefusal();
        assertThat(kept.buffer().getByte(0)).isEqualTo((byte) 7);
        assertThat(local.buffer().getByte(0)).isZero();
    }

    @Test
    @Tag("T8")
    void shouldNotLetATenantReachAnothersSlabs() throws IOException {
        pair.server.close();
        PeerClass mine = new PeerClass(Access.WRITE, 0);
        PeerClass theirs = new PeerClass(Access.WRITE, 1);
        PathEnd server =
                new PathEnd(PathPair.SERVER, new TransportContext().invokerMode(true), Set.of(mine, theirs), 2);
        server.provider.start(() -> {});
        try (PathPair tenants = new PathPair(server, pair.client)) {
            server.listen(theirs);
            PathOffer another = server.path().offer();
            server.path().close();
            tenants.await("closed", () -> server.closes == 1);
            server.listen(mine);
            assertThat(server.path().offer().slabs()).hasSize(1);
            assertThat(another.slabs())
                    .hasSize(1)
                    .doesNotContainAnyElementsOf(server.path().offer().slabs());
            pair.client.dial(server.path().offer(), Access.READ_WRITE);
            server.meet(pair.client.path().offer());
            tenants.await("ready", () -> server.readies == 1 && pair.client.readies == 1);
            Region own = Objects.requireNonNull(server.pool.tryAcquire(LENGTH, 0));
            Region secret = Objects.requireNonNull(server.pool.tryAcquire(LENGTH, 1));
            Region local = pair.client.region(LENGTH);
            local.buffer().setMemory(0, LENGTH, (byte) 9);
            assertThat(transfer(true, local)).isTrue();
            tenants.await("written", () -> !pair.client.ended.isEmpty());
            pair.client.ended.clear();
            assertThat(own.buffer().getByte(0)).isEqualTo((byte) 9);
            pair.client.peer = another;
            assertThat(transfer(true, local)).isTrue();
            tenants.awaitBroken(pair.client);
            assertThat(pair.client.broken).hasMessageContaining("transport.rdma.access");
            assertThat(secret.buffer().getByte(0)).isZero();
        }
    }

    @Test
    void shouldReadAndWriteFromMemoryThatIsOpenToNobody() throws IOException {
        pair.server.listen(Access.READ_WRITE);
        pair.client.close();
        PathEnd client =
                new PathEnd(PathPair.CLIENT, new TransportContext().invokerMode(true), EnumSet.of(Access.NONE));
        client.provider.start(() -> {});
        try (PathPair closed = new PathPair(pair.server, client)) {
            client.dial(pair.server.path().offer(), Access.NONE);
            assertThat(client.path().offer().slabs()).isEmpty();
            pair.server.meet(client.path().offer());
            closed.await("ready", () -> pair.server.readies == 1 && client.readies == 1);
            Region there = pair.server.region(LENGTH);
            Region here = client.region(LENGTH);
            here.buffer().setMemory(0, LENGTH, (byte) 5);
            assertThat(client.path().write(0, here.memory(), 0, LENGTH, client.remote(0), client.remoteKey()))
                    .isTrue();
            client.path().flush();
            closed.await("written", () -> !client.ended.isEmpty());
            client.ended.clear();
            assertThat(there.buffer().getByte(LENGTH - 1)).isEqualTo((byte) 5);
            there.buffer().setMemory(0, LENGTH, (byte) 6);
            assertThat(client.path().read(0, here.memory(), 0, LENGTH, client.remote(0), client.remoteKey()))
                    .isTrue();
            client.path().flush();
            closed.await("read", () -> !client.ended.isEmpty());
            assertThat(here.buffer().getByte(LENGTH - 1)).isEqualTo((byte) 6);
        }
    }

    private static PathOffer withCookie(PathOffer offer, byte[] cookie) {
        return new PathOffer(offer.address(), cookie, offer.slotLength(), offer.depth(), offer.slabs());
    }

    private void connectToWaiting() throws IOException {
        pair.client.broken = null;
        pair.client.readies = 0;
        pair.client.dial(pair.server.path().offer(), Access.READ_WRITE);
        pair.server.meet(pair.client.path().offer());
        pair.await("ready", () -> pair.server.readies == 1 && pair.client.readies == 1);
    }

    @Test
    void shouldSendAwayWhoHasAWrongCookieAndStillTakeTheRightOne() throws IOException {
        pair.server.listen(Access.WRITE);
        byte[] wrong = pair.server.path().offer().cookie().clone();
        wrong[15] ^= 1;
        pair.client.dial(withCookie(pair.server.path().offer(), wrong), Access.READ_WRITE);
        pair.awaitBroken(pair.client);
        assertThat(pair.client.broken).hasMessageContaining("transport.rdma.disconnected");
        assertThat(pair.server.broken).isNull();
        assertThat(pair.server.readies).isZero();
        pair.client.path().close();
        pair.client.broken = null;
        pair.await("closed", () -> pair.client.closes == 1);

        connectToWaiting();
    }

    @Test
    void shouldSendAwayWhoHasTheCookieOfAnotherClass() throws IOException {
        pair.server.listen(Access.READ);
        PathOffer readers = pair.server.path().offer();
        PathEnd other = pair.server;
        var writers = other.provider.listen(PeerClass.of(Access.WRITE), other).offer();
        pair.client.dial(
                new PathOffer(
                        writers.address(), readers.cookie(), readers.slotLength(), readers.depth(), writers.slabs()),
                Access.READ_WRITE);
        pair.awaitBroken(pair.client);
        assertThat(pair.server.readies).isZero();
    }

    @Test
    void shouldTakeACookieOnce() throws IOException {
        pair.server.listen(Access.WRITE);
        PathOffer offer = pair.server.path().offer();
        connectToWaiting();
        pair.client.dial(offer, Access.READ_WRITE);
        pair.awaitBroken(pair.client);
        assertThat(pair.server.readies).isEqualTo(1);
        assertThat(pair.server.broken).isNull();
    }

    @Test
    void shouldSendAwayWhoSaysNothingWhileOthersComeThrough() throws Exception {
        pair.server.listen(Access.WRITE);
        InetSocketAddress port =
                Objects.requireNonNull(pair.server.path().offer().address());
        RdmaEventChannel events = RdmaEventChannel.createEventChannel();
        VerbsEnd silent = VerbsEnd.of(events, VerbsEnd.resolve(events, port));
        silent.id.connect(VerbsEnd.retries());
        int[] event = {-1};
        pair.await("the stranger is in", () -> (event[0] = next(events)) >= 0);
        assertThat(event[0]).isEqualTo(VerbsEnd.ESTABLISHED);

        connectToWaiting();

        pair.await("the stranger is out", () -> (event[0] = next(events)) >= 0);
        assertThat(event[0]).isEqualTo(VerbsEnd.DISCONNECTED);
        assertThat(pair.server.broken).isNull();
        silent.close();
        events.destroyEventChannel();
    }

    private static int next(RdmaEventChannel events) {
        try {
            var event = events.getCmEvent(1);
            return event == null ? -1 : event.getEvent();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldNotBeReachableByTcp() throws IOException {
        pair.server.listen(Access.WRITE);
        InetSocketAddress port =
                Objects.requireNonNull(pair.server.path().offer().address());
        try (Socket socket = new Socket()) {
            assertThatThrownBy(() -> socket.connect(port, 5000)).isInstanceOf(ConnectException.class);
        }
        connectToWaiting();
    }

    @Test
    void shouldTellThatNoDeviceHasTheAddress() {
        for (String address : Set.of("127.0.0.1", "192.0.2.1")) {
            assertThatThrownBy(() -> PathEnd.polled(address))
                    .isInstanceOf(TransportException.class)
                    .hasMessageContaining("no RDMA device at")
                    .hasMessageContaining("transport.rdma.device");
        }
    }

    @Test
    void shouldFindTheDeviceByItself() throws IOException {
        var device = Device.open(new TransportContext()
                .secret(new byte[32])
                .rdma(io.sluice.transport.RdmaSettings.of(io.sluice.transport.RdmaSettings.Policy.PREFER))
                .conclude());
        assertThat(device.address())
                .isIn(
                        InetAddress.getByName("10.9.0.1"),
                        InetAddress.getByName("10.9.0.2"),
                        InetAddress.getByName("10.9.0.3"),
                        InetAddress.getByName("10.9.0.4"));
        device.close();
    }
}
