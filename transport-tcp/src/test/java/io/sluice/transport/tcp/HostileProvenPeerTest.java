// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.transport.Access;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.Region;
import io.sluice.transport.RegionPool;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.wire.FrameFormat;
import io.sluice.transport.wire.FrameType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A peer that knows the secret and breaks the protocol: a named error, its connection ends, and no other is harmed. */
@Timeout(60)
@Tag("A37")
class HostileProvenPeerTest {
    private static final byte[] SECRET = new byte[16];
    private static final byte[] NONE = new byte[0];

    private final LinkedBlockingQueue<Connection> accepted = new LinkedBlockingQueue<>();
    private final RegionPool pool;
    private final Transport server;
    private final Connection bystander;
    private final RawPeer peer;
    private final Connection here;
    private final Region region;
    private final RemoteRegion exposed;

    HostileProvenPeerTest() throws Exception {
        pool = new RegionPool(4096, 4 << 20);
        server = TcpTransport.open(
                new TransportContext().secret(SECRET).regionPool(pool).maxOperations(4));
        InetSocketAddress address = server.listen(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), accepted::add)
                .address();
        bystander = server.connect(address).get(10, TimeUnit.SECONDS);
        Objects.requireNonNull(accepted.poll(10, TimeUnit.SECONDS));
        peer = new RawPeer(address, SECRET);
        here = Objects.requireNonNull(accepted.poll(10, TimeUnit.SECONDS));
        region = Objects.requireNonNull(pool.tryAcquire(4096));
        exposed = here.expose(region, Access.READ_WRITE);
    }

    @BeforeEach
    void isConnected() {
        assertThat(here.state()).isEqualTo(ConnectionState.ACTIVE);
    }

    @AfterEach
    void bystanderIsUnharmed() throws Exception {
        assertThat(bystander.state()).isEqualTo(ConnectionState.ACTIVE);
        peer.close();
        server.close();
        region.release();
        assertThat(pool.inUse()).isZero();
        pool.close();
    }

    private void shouldEndWith(String code) throws Exception {
        TransportException told = peer.receiveError();
        assertThat(told.code()).isEqualTo(code);
        assertThat(here.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.FAILED);
        assertThat(Objects.requireNonNull(here.failure()).code()).isEqualTo(code);
    }

    private void write(long id, boolean end, int length) throws IOException {
        peer.send(FrameType.WRITE, end ? FrameFormat.END : 0, id, RawPeer.head(exposed, 0), new byte[length]);
    }

    private void read(long id, long offset, long length) throws IOException {
        peer.send(FrameType.READ, 0, id, RawPeer.head(exposed, offset, length), NONE);
    }

    @Test
    void shouldServeAPeerThatKeepsTheRules() throws Exception {
        write(1, true, 10);
        assertThat(peer.receive())
                .extracting(RawPeer.Frame::type, RawPeer.Frame::id)
                .containsExactly(FrameType.ACK, 1L);
        read(2, 5, 7);
        assertThat(peer.receive().data()).hasSize(7);
        peer.send(FrameType.GOODBYE, 0, 0, NONE, NONE);
        assertThat(peer.receive().type()).isEqualTo(FrameType.GOODBYE);
        assertThat(here.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.CLOSED);
    }

    @Test
    void shouldCountAnOpenWriteAmongThePeersOperations() throws Exception {
        here.revoke(exposed).get(10, TimeUnit.SECONDS);
        // Answers pile up only while they can't leave: so all of it in one piece.
        var bytes = new java.io.ByteArrayOutputStream();
        bytes.write(RawPeer.frame(FrameType.WRITE, 0, 1, 0, 0, RawPeer.head(exposed, 0), NONE));
        for (int i = 2; i <= 5; i++) {
            bytes.write(RawPeer.frame(FrameType.READ, 0, i, 0, 0, RawPeer.head(exposed, 0, 1), NONE));
        }
        bytes.write(RawPeer.frame(FrameType.WRITE, FrameFormat.END, 1, 0, 0, RawPeer.head(exposed, 0), NONE));
        peer.send(bytes.toByteArray());
        shouldEndWith("transport.operations.limit");
    }

    @Test
    void shouldRefuseAWriteWithinAWrite() throws Exception {
        write(1, false, 10);
        write(2, true, 10);
        shouldEndWith("transport.write.order");
    }

    @Test
    void shouldRefuseAnOffsetBeyondTheRegion() throws Exception {
        read(1, Long.MAX_VALUE, 1);
        shouldEndWith("transport.region.bounds");
    }

    @Test
    void shouldRefuseALengthThatWrapsAround() throws Exception {
        read(1, 1, Long.MAX_VALUE);
        shouldEndWith("transport.region.bounds");
    }

    @Test
    void shouldRefuseANegativeLength() throws Exception {
        read(1, 10, -1);
        shouldEndWith("transport.region.bounds");
    }

    @Test
    void shouldRefuseAnAnswerToWhatWasNotAsked() throws Exception {
        peer.send(FrameType.READ_DATA, FrameFormat.END, 5, new byte[8], new byte[3]);
        shouldEndWith("transport.operation.unknown");
    }

    @Test
    void shouldRefuseAnAcknowledgementOfWhatWasNotSent() throws Exception {
        peer.send(FrameType.ACK, 0, 1, NONE, NONE);
        shouldEndWith("transport.operation.unknown");
    }

    @Test
    void shouldRefuseAMessageOutOfItsTurn() throws Exception {
        peer.send(FrameType.MESSAGE, FrameFormat.END, 2, NONE, new byte[3]);
        shouldEndWith("transport.message.order");
    }

    @Test
    void shouldRefuseMessagesBeyondTheCredit() throws Exception {
        var bytes = new java.io.ByteArrayOutputStream();
        for (int i = 1; i <= 1025; i++) {
            bytes.write(RawPeer.frame(FrameType.MESSAGE, FrameFormat.END, i, 0, 0, NONE, NONE));
        }
        peer.send(bytes.toByteArray());
        shouldEndWith("transport.credit");
    }

    @Test
    void shouldRefuseCreditForWhatWasNeverSent() throws Exception {
        peer.send(RawPeer.frame(FrameType.CREDIT, 0, 0, 1, 16, NONE, NONE));
        shouldEndWith("transport.credit");
    }

    @Test
    void shouldRefuseWhatComesAfterGoodbye() throws Exception {
        var bytes = new java.io.ByteArrayOutputStream();
        // A read that is still to be answered keeps this side from closing at once.
        bytes.write(RawPeer.frame(FrameType.READ, 0, 1, 0, 0, RawPeer.head(exposed, 0, 4096), NONE));
        bytes.write(RawPeer.frame(FrameType.GOODBYE, 0, 0, 0, 0, NONE, NONE));
        bytes.write(RawPeer.frame(FrameType.MESSAGE, FrameFormat.END, 1, 0, 0, NONE, new byte[3]));
        peer.send(bytes.toByteArray());
        shouldEndWith("transport.goodbye");
    }

    @Test
    void shouldRefuseNegotiationOnAnActiveConnection() throws Exception {
        peer.send(FrameType.PROOF, 0, 0, NONE, new byte[32]);
        shouldEndWith("transport.frame.order");
    }

    @Test
    void shouldRefuseWhatIsForRdmaOnly() throws Exception {
        peer.send(FrameType.REVOKE, 0, 5, NONE, NONE);
        shouldEndWith("transport.frame.order");
    }

    @Test
    void shouldLetAProgramExposeAgainAfterAPeerWasThrownOut() throws Exception {
        peer.send(FrameType.ACK, 0, 1, NONE, NONE);
        shouldEndWith("transport.operation.unknown");
        assertThat(here.offer(new org.agrona.concurrent.UnsafeBuffer(NONE), 0, 0))
                .isEqualTo(Connection.CLOSED);
        assertThat(here.revoke(exposed).get(10, TimeUnit.SECONDS)).isNull();
    }
}
