// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testkit.MemoryFabric;
import io.sluice.transport.Access;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.PeerClass;
import io.sluice.transport.RdmaSettings;
import io.sluice.transport.RdmaSettings.Policy;
import io.sluice.transport.Region;
import io.sluice.transport.RegionPool;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.engine.DataPath;
import io.sluice.transport.engine.DataPathEvents;
import io.sluice.transport.engine.DataPathProvider;
import io.sluice.transport.engine.EngineTransport;
import io.sluice.transport.wire.FrameFormat;
import io.sluice.transport.wire.FrameType;
import io.sluice.transport.wire.PathOffer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A proven peer that answers an offer of RDMA, or uses what it was given, as no honest one would. */
@Timeout(60)
class HostileOfferTest {
    private static final byte[] SECRET = new byte[16];
    private static final byte[] NONE = new byte[0];
    private static final int HAS_RDMA = 1;

    private final MemoryFabric fabric = new MemoryFabric();
    private final LinkedBlockingQueue<Connection> accepted = new LinkedBlockingQueue<>();
    private final RegionPool pool;
    private final Transport server;
    private final RawPeer peer;
    private final PathOffer offer;

    HostileOfferTest() throws Exception {
        pool = new RegionPool(4096, 4 << 20);
        TransportContext context = context().regionPool(pool).connectTimeout(Duration.ofSeconds(2));
        server = new EngineTransport(context.conclude(), TcpTransport.carrier(context), fabric.provider(context), "");
        InetSocketAddress address = server.listen(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), accepted::add)
                .address();
        peer = new RawPeer(address, SECRET, HAS_RDMA);
        RawPeer.Frame frame = peer.receive();
        assertThat(frame.type()).isEqualTo(FrameType.OFFER);
        offer = PathOffer.decode(frame.data());
    }

    private static TransportContext context() {
        return new TransportContext().secret(SECRET).rdma(RdmaSettings.of(Policy.PREFER));
    }

    @AfterEach
    void close() throws Exception {
        peer.close();
        server.close();
        assertThat(pool.inUse()).isZero();
        pool.close();
        assertThat(fabric.openEnds()).isZero();
    }

    private void send(FrameType type, long id, byte[] data) throws Exception {
        peer.send(type, 0, id, NONE, data);
    }

    private void shouldRefuse(String code) throws Exception {
        assertThat(peer.receiveError().code()).isEqualTo(code);
        assertThat(accepted).isEmpty();
    }

    private Connection accepted() throws Exception {
        return Objects.requireNonNull(accepted.poll(10, TimeUnit.SECONDS));
    }

    private static PathOffer use(int slotLength, int depth) {
        return new PathOffer(null, new byte[PathOffer.COOKIE_LENGTH], slotLength, depth, List.of());
    }

    @Test
    void shouldRefuseAUseThatIsCutShort() throws Exception {
        send(FrameType.USE, 0, new byte[5]);
        shouldRefuse("transport.offer.malformed");
    }

    @Test
    void shouldRefuseWhatIsNotItsTurn() throws Exception {
        send(FrameType.AGREED, 0, NONE);
        shouldRefuse("transport.negotiation.order");
    }

    @Test
    void shouldRefuseASecondUse() throws Exception {
        send(FrameType.USE, 0, use(4096, 512).encode());
        send(FrameType.USE, 0, use(4096, 512).encode());
        shouldRefuse("transport.negotiation.order");
    }

    @Test
    void shouldDeclineARingThatHoldsNoMessage() throws Exception {
        send(FrameType.USE, 0, use(512, 4).encode());
        RawPeer.Frame answer = peer.receive();
        assertThat(answer.type()).isEqualTo(FrameType.DECLINE);
        assertThat(accepted().path().reason()).contains("[transport.rdma.ring]");
    }

    @Test
    void shouldDeclineWhomNoQueuePairFollows() throws Exception {
        send(FrameType.USE, 0, use(4096, 512).encode());
        assertThat(peer.receive().type()).isEqualTo(FrameType.DECLINE);
        assertThat(accepted().path().reason()).contains("[transport.rdma.deadline]");
    }

    @Test
    void shouldShowAReasonWithoutItsControlCharacters() throws Exception {
        send(FrameType.DECLINE, 0, "no\r\nway".getBytes(StandardCharsets.UTF_8));
        Connection here = accepted();
        assertThat(here.path().reason()).isEqualTo("the peer declined: no??way");
        send(FrameType.REVOKE, 1, NONE);
        assertThat(peer.receiveError().code()).isEqualTo("transport.frame.order");
        assertThat(here.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.FAILED);
    }

    /** The peer's end of a path that both agreed on. */
    private final class Joined implements DataPathEvents, AutoCloseable {
        private final DataPathProvider provider = fabric.provider(context().conclude());
        private final DataPath path = provider.dial(offer, PeerClass.of(Access.READ_WRITE), this);
        private boolean ready;
        final Connection here;

        Joined() throws Exception {
            provider.start(() -> {});
            while (!ready) {
                provider.poll();
            }
            HostileOfferTest.this.send(FrameType.USE, 0, path.offer().encode());
            assertThat(peer.receive().type()).isEqualTo(FrameType.AGREED);
            here = accepted();
            assertThat(here.path().isRdma()).isTrue();
        }

        void sendBeside(byte[] frame) throws TransportException {
            int at = path.claim(frame.length);
            path.sendBuffer().putBytes(at, frame);
            path.commit(at, frame.length);
            path.flush();
            provider.poll();
        }

        void shouldEndWith(String code) throws Exception {
            assertThat(peer.receiveError().code()).isEqualTo(code);
            assertThat(here.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.FAILED);
            assertThat(Objects.requireNonNull(here.failure()).code()).isEqualTo(code);
        }

        @Override
        public void onReady() {
            ready = true;
        }

        @Override
        public void onFrame(UnsafeBuffer buffer, ByteBuffer raw, int offset, int length) {}

        @Override
        public void onOperationEnd(int slot, @Nullable TransportException cause) {}

        @Override
        public void onProgress() {}

        @Override
        public void onBroken(TransportException cause) {}

        @Override
        public void onClosed() {}

        @Override
        public void close() {
            provider.close();
        }
    }

    private static byte[] message(long id, long taken, byte[] data) {
        return RawPeer.frame(FrameType.MESSAGE, FrameFormat.END, id, taken, 0, NONE, data);
    }

    @Test
    void shouldTakeNoMessageOnTheStreamWhereDataGoBesideIt() throws Exception {
        try (Joined joined = new Joined()) {
            peer.send(message(1, 0, new byte[3]));
            joined.shouldEndWith("transport.frame.order");
        }
    }

    @Test
    @Tag("T7")
    void shouldRefuseADamagedMessageBesideTheStream() throws Exception {
        try (Joined joined = new Joined()) {
            byte[] damaged = message(1, 0, new byte[3]);
            damaged[damaged.length - 1] ^= 1;
            joined.sendBeside(damaged);
            joined.shouldEndWith("transport.frame.crc");
        }
    }

    @Test
    void shouldRefuseAFrameBesideTheStreamThatIsNoMessage() throws Exception {
        try (Joined joined = new Joined()) {
            joined.sendBeside(RawPeer.frame(FrameType.GOODBYE, 0, 0, 0, 0, NONE, NONE));
            joined.shouldEndWith("transport.frame.order");
        }
    }

    @Test
    void shouldRefuseAFrameBesideTheStreamThatEndsTooEarly() throws Exception {
        try (Joined joined = new Joined()) {
            byte[] whole = message(1, 0, new byte[30]);
            joined.sendBeside(Arrays.copyOf(whole, whole.length - 1));
            joined.shouldEndWith("transport.frame.length");
        }
    }

    @Test
    void shouldRefuseCreditForWhatWasNeverSent() throws Exception {
        try (Joined joined = new Joined()) {
            joined.sendBeside(message(1, 5, NONE));
            joined.shouldEndWith("transport.credit");
        }
    }

    @Test
    void shouldRefuseAnswersToRevocationsThatNobodyAsked() throws Exception {
        try (Joined joined = new Joined()) {
            send(FrameType.FORGOTTEN, 1 << 24, NONE);
            joined.shouldEndWith("transport.revoke.unknown");
        }
    }

    @Test
    void shouldRefuseASecondRevocation() throws Exception {
        try (Joined joined = new Joined()) {
            send(FrameType.REVOKE, 1 << 24, NONE);
            assertThat(peer.receive().type()).isEqualTo(FrameType.FORGOTTEN);
            send(FrameType.REVOKE, 1 << 24, NONE);
            joined.shouldEndWith("transport.revoke.unknown");
        }
    }

    @Test
    void shouldRefuseTheRevocationOfMoreThanAPeerCanHave() throws Exception {
        try (Joined joined = new Joined()) {
            send(FrameType.REVOKE, (1L << 24) + (1 << 20) - 1, NONE);
            assertThat(peer.receive().type()).isEqualTo(FrameType.FORGOTTEN);
            send(FrameType.REVOKE, (2L << 24) + (1 << 20), NONE);
            joined.shouldEndWith("transport.revoke.limit");
        }
    }

    @Test
    void shouldRefuseASecondAgreement() throws Exception {
        try (Joined joined = new Joined()) {
            send(FrameType.AGREED, 0, NONE);
            joined.shouldEndWith("transport.negotiation.order");
        }
    }

    @Test
    void shouldEndInOrderOnlyWhenAllThatThePeerCountsHasCome() throws Exception {
        try (Joined joined = new Joined()) {
            send(FrameType.GOODBYE, 2, NONE);
            joined.sendBeside(message(1, 0, new byte[1]));
            assertThat(peer.receive().type()).isEqualTo(FrameType.GOODBYE);
            assertThat(joined.here.closed()).isNotDone();
            joined.sendBeside(message(2, 0, new byte[1]));
            assertThat(joined.here.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.CLOSED);
        }
    }

    @Test
    void shouldKeepAnExposuresMemoryUntilThePeerHasForgottenIt() throws Exception {
        try (Joined joined = new Joined()) {
            Region region = Objects.requireNonNull(pool.tryAcquire(4096));
            RemoteRegion exposed = joined.here.expose(region, Access.WRITE);
            region.release();
            var revoked = joined.here.revoke(exposed);
            RawPeer.Frame told = peer.receive();
            assertThat(told.type()).isEqualTo(FrameType.REVOKE);
            assertThat(told.id()).isEqualTo(exposed.regionId());
            assertThat(pool.inUse()).isEqualTo(4096);
            assertThat(revoked).isNotDone();
            send(FrameType.FORGOTTEN, exposed.regionId(), NONE);
            revoked.get(10, TimeUnit.SECONDS);
            assertThat(pool.inUse()).isZero();
        }
    }
}
