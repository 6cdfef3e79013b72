// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.testkit.process.TestProcess;
import io.sluice.transport.Access;
import io.sluice.transport.BlockChannel;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.Listener;
import io.sluice.transport.Region;
import io.sluice.transport.RegionPool;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.tcp.TestAuthority.Issued;
import io.sluice.transport.wire.FrameFormat;
import io.sluice.transport.wire.FrameType;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Connections live on when a side renews its keys (TLS 1.3's KeyUpdate), which long ones do by themselves. */
@Timeout(120)
class TlsKeyUpdateTest {
    private static final byte[] SECRET = new byte[16];
    private static final int BLOCK = 4 << 20;
    private static final int ROUNDS = 4;

    private final LinkedBlockingQueue<Connection> accepted = new LinkedBlockingQueue<>();

    TlsKeyUpdateTest() {}

    private static TransportContext settings(SSLContext tls) {
        return new TransportContext().secret(SECRET).role("worker").name("w1").tls(tls);
    }

    private static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private static byte[] message(int number) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
    }

    private void exchange(RawPeer peer, Connection here, int number) throws Exception {
        byte[] sent = message(number);
        peer.send(FrameType.MESSAGE, FrameFormat.END, number, new byte[0], sent);
        byte[] got = new byte[sent.length];
        await().pollInterval(Duration.ofMillis(1))
                .until(() -> here.poll((buffer, offset, length) -> buffer.getBytes(offset, got, 0, length), 1) == 1);
        assertThat(got).isEqualTo(sent);
        assertThat(here.offer(new UnsafeBuffer(got), 0, got.length)).isNotNegative();
        assertThat(peer.receive().data()).isEqualTo(sent);
    }

    /** A socket's second handshake is a KeyUpdate that asks for one in answer. */
    @Test
    void shouldGoOnWhenThePeerRenewsItsKeys() throws Exception {
        TlsCertificates ours = TlsCertificates.ours();
        try (Transport server = TcpTransport.open(settings(ours.context()))) {
            Listener listener = server.listen(loopback(), accepted::add);
            try (TlsHostileContexts.Tap tap = new TlsHostileContexts.Tap(listener.address())) {
                SSLSocket socket = (SSLSocket) ours.context()
                        .getSocketFactory()
                        .createSocket(tap.address().getAddress(), tap.address().getPort());
                try (RawPeer peer = new RawPeer(socket, SECRET, 0)) {
                    Connection here = Objects.requireNonNull(accepted.poll(20, TimeUnit.SECONDS));
                    exchange(peer, here, 1);
                    int before = tap.seen().length();
                    socket.startHandshake();
                    await().until(() -> tap.seen().length() > before);
                    for (int i = 2; i < 50; i++) {
                        socket.startHandshake();
                        exchange(peer, here, i);
                    }
                    for (int i = 0; i < 2000; i++) {
                        socket.startHandshake(); // answered, and nobody reads
                    }
                    exchange(peer, here, 50);
                    assertThat(here.state()).isEqualTo(ConnectionState.ACTIVE);
                }
            }
        }
    }

    @Test
    void shouldRenewItsOwnKeysAtTheLimitOfACipher(@TempDir Path directory) throws Exception {
        Path security = directory.resolve("security");
        Files.writeString(
                security,
                "jdk.tls.keyLimits=AES/GCM/NoPadding KeyUpdate 2^20, ChaCha20-Poly1305 KeyUpdate 2^20"
                        + System.lineSeparator());
        Issued files = TlsCertificates.ours().files("worker", "w1");
        try (TestProcess process = TestProcess.java(
                        TlsKeyUpdateTest.class.getName(),
                        "-Xmx128m",
                        "-Djava.security.properties=" + security,
                        "-Djavax.net.debug=ssl:handshake")
                .args(
                        files.certificate().toString(),
                        files.key().toString(),
                        TlsCertificates.ours().authority().toString())
                .start()) {
            process.awaitOut("all is as it was sent", Duration.ofSeconds(60));
            assertThat(process.awaitExit(Duration.ofSeconds(20))).isZero();
            // A key for each direction, every 2^20 bytes of each.
            assertThat(process.err().split("Produced KeyUpdate post-handshake message", -1).length - 1)
                    .isGreaterThanOrEqualTo((2 * ROUNDS * BLOCK) >> 20);
        }
    }

    /** Moves more than the limit of a key, both ways, by messages and blocks. */
    public static void main(String[] args) throws Exception {
        SSLContext tls = TlsFiles.pem(Path.of(args[0]), Path.of(args[1]), Path.of(args[2]))
                .context();
        LinkedBlockingQueue<Connection> accepted = new LinkedBlockingQueue<>();
        try (RegionPool pool = new RegionPool(BLOCK, 3L * BLOCK);
                Transport server = TcpTransport.open(settings(tls).regionPool(pool));
                Transport client = TcpTransport.open(settings(tls).regionPool(pool))) {
            Connection there = client.connect(
                            server.listen(loopback(), accepted::add).address())
                    .get(20, TimeUnit.SECONDS);
            Connection here = Objects.requireNonNull(accepted.poll(20, TimeUnit.SECONDS));
            Region source = Objects.requireNonNull(pool.tryAcquire(BLOCK));
            Region middle = Objects.requireNonNull(pool.tryAcquire(BLOCK));
            Region target = Objects.requireNonNull(pool.tryAcquire(BLOCK));
            RemoteRegion exposed = here.expose(middle, Access.READ_WRITE);
            byte[] bytes = new byte[BLOCK];
            BlockChannel channel = new BlockChannel(there, 1 << 20, 4);
            for (int i = 0; i < ROUNDS; i++) {
                new Random(i).nextBytes(bytes);
                source.buffer().putBytes(0, bytes);
                channel.write(source, 0, BLOCK, exposed, 0).get(20, TimeUnit.SECONDS);
                UnsafeBuffer sent = new UnsafeBuffer(message(i));
                check(there.offer(sent, 0, sent.capacity()) >= 0);
                await().until(() ->
                        here.poll((buffer, offset, length) -> check(buffer.getByte(offset + 3) == sent.getByte(3)), 1)
                                == 1);
                channel.read(exposed, 0, target, 0, BLOCK).get(20, TimeUnit.SECONDS);
                check(target.buffer().equals(source.buffer()));
            }
        }
        System.out.println("all is as it was sent");
    }

    private static void check(boolean holds) {
        if (!holds) {
            throw new IllegalStateException("not what was sent");
        }
    }
}
