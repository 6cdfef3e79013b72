// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testkit.TcpFaultProxy;
import io.sluice.transport.Access;
import io.sluice.transport.BlockChannel;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.Listener;
import io.sluice.transport.Region;
import io.sluice.transport.RegionPool;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.wire.ErrorBody;
import io.sluice.transport.wire.FrameFormat;
import io.sluice.transport.wire.FrameType;
import io.sluice.transport.wire.FrameWriter;
import io.sluice.transport.wire.Hello;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Strangers, damaged bytes and vanished peers on real sockets: a named error for that connection, harm to no other. */
@Timeout(60)
class HostilePeerTest {
    private final LinkedBlockingQueue<Connection> accepted = new LinkedBlockingQueue<>();
    private RegionPool pool;
    private Transport server;
    private Transport client;
    private Listener listener;
    private Connection bystander;

    private static TransportContext context() {
        return new TransportContext().secret(new byte[16]).connectTimeout(Duration.ofSeconds(2));
    }

    HostilePeerTest() throws Exception {
        pool = new RegionPool(4096, 4 << 20);
        server = TcpTransport.open(context().role("memnode").regionPool(pool));
        client = TcpTransport.open(context().role("worker").regionPool(pool));
        listener = server.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), accepted::add);
        bystander = client.connect(listener.address()).get(10, TimeUnit.SECONDS);
    }

    @BeforeEach
    void takeBystander() throws Exception {
        assertThat(accepted.poll(10, TimeUnit.SECONDS)).isNotNull();
    }

    @AfterEach
    void bystanderIsUnharmed() {
        assertThat(bystander.state()).isEqualTo(ConnectionState.ACTIVE);
        client.close();
        server.close();
        pool.close();
    }

    private static byte[] frame(FrameType type, byte[] data) {
        int length = FrameFormat.HEADER_LENGTH + type.headLength() + data.length;
        ByteBuffer raw = ByteBuffer.allocateDirect(length);
        UnsafeBuffer buffer = new UnsafeBuffer(raw, 0, length);
        FrameWriter writer = new FrameWriter();
        FrameWriter.begin(buffer, 0, type, 0, 0, data.length, 0, 0);
        int dataStart = length - data.length;
        buffer.putBytes(dataStart, data);
        writer.end(buffer, raw.duplicate(), 0, type, writer.crcOf(raw.duplicate(), dataStart, length));
        byte[] bytes = new byte[length];
        buffer.getBytes(0, bytes);
        return bytes;
    }

    private static byte[] hello(int minVersion, int maxVersion) {
        return new Hello(minVersion, maxVersion, 0, 1000, 10, 10_000, 1, 1, new byte[32], "worker", "w", "sluice")
                .encode();
    }

    /** Sends bytes and returns what came back until the end. */
    private byte[] send(byte[] bytes) throws Exception {
        try (Socket socket = new Socket()) {
            socket.connect(listener.address());
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(bytes);
            return socket.getInputStream().readAllBytes();
        } catch (java.net.SocketException e) {
            return new byte[0];
        }
    }

    private TransportException refusal(byte[] sent) throws Exception {
        byte[] answer = send(sent);
        assertThat(answer.length).isGreaterThan(FrameFormat.HEADER_LENGTH);
        assertThat(answer[8]).isEqualTo((byte) FrameType.ERROR.code());
        return ErrorBody.decode(Arrays.copyOfRange(answer, FrameFormat.HEADER_LENGTH, answer.length));
    }

    @Test
    @Tag("A37")
    @Tag("T7")
    void shouldRefuseAnotherProtocolByName() throws Exception {
        TransportException told =
                refusal("GET / HTTP/1.1\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        assertThat(told.kind()).isEqualTo(Kind.PROTOCOL);
        assertThat(told.code()).isEqualTo("transport.frame.magic");
    }

    @Test
    @Tag("A37")
    @Tag("T7")
    void shouldRefuseAnotherVersionByName() throws Exception {
        TransportException told = refusal(frame(FrameType.HELLO, hello(2, 9)));
        assertThat(told.kind()).isEqualTo(Kind.VERSION_MISMATCH);
        assertThat(told).hasMessageContaining("2 to 9").hasMessageContaining("this side 1");
    }

    @Test
    @Tag("A37")
    @Tag("T7")
    void shouldRefuseAFrameWithADamagedHeader() throws Exception {
        byte[] frame = frame(FrameType.HELLO, hello(1, 1));
        frame[16] ^= 1;
        assertThat(refusal(frame).code()).isEqualTo("transport.frame.crc");
    }

    @Test
    @Tag("A37")
    @Tag("T7")
    void shouldRefuseAFrameWithDamagedData() throws Exception {
        byte[] frame = frame(FrameType.HELLO, hello(1, 1));
        frame[frame.length - 1] ^= 1;
        assertThat(refusal(frame).code()).isEqualTo("transport.frame.crc");
    }

    @Test
    @Tag("A37")
    @Tag("T7")
    void shouldRefuseALengthBeyondTheLimitBeforeItsBytesCome() throws Exception {
        byte[] frame = frame(FrameType.HELLO, hello(1, 1));
        new UnsafeBuffer(frame).putInt(4, Integer.MAX_VALUE, java.nio.ByteOrder.LITTLE_ENDIAN);
        assertThat(refusal(Arrays.copyOf(frame, FrameFormat.HEADER_LENGTH)).code())
                .isEqualTo("transport.frame.length");
    }

    @Test
    void shouldRefuseFramesOutOfOrder() throws Exception {
        assertThat(refusal(frame(FrameType.MESSAGE, new byte[3])).code()).isEqualTo("transport.negotiation.order");
        assertThat(refusal(frame(FrameType.PROOF, new byte[32])).code()).isEqualTo("transport.negotiation.order");
        assertThat(refusal(frame(FrameType.WRITE, new byte[3])).code()).isEqualTo("transport.negotiation.order");
    }

    @Test
    void shouldRefuseAMessageBeforeTheProofWithoutWaitingForItsBytes() throws Exception {
        byte[] message = frame(FrameType.MESSAGE, new byte[200_000]);
        assertThat(refusal(Arrays.copyOf(message, FrameFormat.HEADER_LENGTH)).code())
                .isEqualTo("transport.negotiation.order");
    }

    @Test
    void shouldKeepNamesThatCouldForgeALogLineOutOfIt() throws Exception {
        byte[] hello = new Hello(
                        1, 1, 0, 1000, 10, 10_000, 1, 1, new byte[32], "worker", "w\n12:00 ERROR forged", "sluice")
                .encode();
        assertThat(refusal(frame(FrameType.HELLO, hello)).code()).isEqualTo("transport.hello.malformed");
    }

    @Test
    void shouldRefuseLimitsUnderWhichNothingCouldBeSent() throws Exception {
        for (int limit : new int[] {0, 63, -1, Integer.MAX_VALUE}) {
            byte[] hello = new Hello(1, 1, 0, limit, 10, 10_000, 1, 1, new byte[32], "w", "w", "sluice").encode();
            assertThat(refusal(frame(FrameType.HELLO, hello)).code()).isEqualTo("transport.hello.malformed");
        }
        byte[] hello = new Hello(1, 1, 0, 1000, 10, 1007, 1, 1, new byte[32], "w", "w", "sluice").encode();
        assertThat(refusal(frame(FrameType.HELLO, hello)).code()).isEqualTo("transport.hello.malformed");
    }

    @Test
    @Tag("T8")
    void shouldRefuseAProofOfSomeoneWithoutTheSecret() throws Exception {
        try (Socket socket = new Socket()) {
            socket.connect(listener.address());
            OutputStream out = socket.getOutputStream();
            out.write(frame(FrameType.HELLO, hello(1, 1)));
            InputStream in = socket.getInputStream();
            byte[] header = in.readNBytes(FrameFormat.HEADER_LENGTH);
            assertThat(header[8]).isEqualTo((byte) FrameType.CHALLENGE.code());
            out.write(frame(FrameType.PROOF, new byte[32]));
            byte[] rest = in.readAllBytes();
            assertThat(new String(rest, java.nio.charset.StandardCharsets.ISO_8859_1))
                    .contains("transport.authentication.proof");
        }
        assertThat(accepted).isEmpty();
    }

    @Test
    @Tag("T8")
    void shouldRefuseAListenerThatCanNotProveItself() throws Exception {
        try (ServerSocket impostor = new ServerSocket(0)) {
            CompletableFuture<Connection> connecting =
                    client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), impostor.getLocalPort()));
            try (Socket socket = impostor.accept()) {
                socket.getOutputStream().write(frame(FrameType.CHALLENGE, hello(1, 1)));
                socket.getOutputStream().write(frame(FrameType.WELCOME, new byte[32]));
                assertThat(failureOf(connecting).kind()).isEqualTo(Kind.AUTHENTICATION);
            }
        }
    }

    @Test
    @Tag("A37")
    @Tag("T7")
    void shouldRefuseAListenerOfAnotherVersionByName() throws Exception {
        try (ServerSocket other = new ServerSocket(0)) {
            CompletableFuture<Connection> connecting =
                    client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), other.getLocalPort()));
            try (Socket socket = other.accept()) {
                socket.getOutputStream().write(frame(FrameType.CHALLENGE, hello(2, 2)));
                TransportException failure = failureOf(connecting);
                assertThat(failure.kind()).isEqualTo(Kind.VERSION_MISMATCH);
                assertThat(failure.code()).isEqualTo("transport.version");
            }
        }
    }

    private static TransportException failureOf(CompletableFuture<?> future) throws Exception {
        try {
            future.get(10, TimeUnit.SECONDS);
        } catch (ExecutionException | CompletionException e) {
            return (TransportException) Objects.requireNonNull(e.getCause());
        }
        throw new AssertionError("expected a failure");
    }

    @Test
    void shouldSurviveGarbage() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] good = frame(FrameType.HELLO, hello(1, 1));
        for (int i = 0; i < 150; i++) {
            byte[] bytes;
            if (i % 2 == 0) {
                bytes = new byte[random.nextInt(500)];
                random.nextBytes(bytes);
            } else {
                bytes = good.clone();
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try (Socket socket = new Socket()) {
                socket.connect(listener.address());
                socket.getOutputStream().write(bytes);
            } catch (java.net.SocketException e) {
                // It may well have been thrown out before it had said all.
            }
        }
        assertThat(client.connect(listener.address()).get(10, TimeUnit.SECONDS).state())
                .as("seed %d", seed)
                .isEqualTo(ConnectionState.ACTIVE);
    }

    @Test
    void shouldReportAnAbruptEnd() throws Exception {
        try (TcpFaultProxy proxy = new TcpFaultProxy(listener.address())) {
            Connection connection = client.connect(proxy.address()).get(10, TimeUnit.SECONDS);
            Connection here = Objects.requireNonNull(accepted.poll(10, TimeUnit.SECONDS));
            proxy.cut();
            assertThat(connection.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.FAILED);
            assertThat(here.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.FAILED);
            assertThat(Objects.requireNonNull(connection.failure()).kind()).isEqualTo(Kind.PEER_DEAD);
        }
    }

    @Test
    void shouldWorkThroughASlowAndSlicedNetwork() throws Exception {
        try (TcpFaultProxy proxy = new TcpFaultProxy(listener.address())) {
            proxy.slice(1000);
            proxy.slow(5_000_000);
            proxy.delay(Duration.ofMillis(1));
            Connection connection = client.connect(proxy.address()).get(10, TimeUnit.SECONDS);
            Connection here = Objects.requireNonNull(accepted.poll(10, TimeUnit.SECONDS));
            Region region = Objects.requireNonNull(pool.tryAcquire(600_000));
            Region local = Objects.requireNonNull(pool.tryAcquire(600_000));
            local.buffer().setMemory(0, 600_000, (byte) 5);
            new BlockChannel(connection, 300_000, 2)
                    .write(local, 0, 600_000, here.expose(region, Access.WRITE), 0)
                    .get(20, TimeUnit.SECONDS);
            assertThat(region.buffer().getByte(599_999)).isEqualTo((byte) 5);
        }
    }

    @Test
    void shouldDropHalfOpenPeersThatNeverNegotiate() throws Exception {
        try (Socket socket = new Socket()) {
            socket.connect(listener.address());
            socket.setSoTimeout(10_000);
            byte[] told = socket.getInputStream().readAllBytes();
            assertThat(new String(told, java.nio.charset.StandardCharsets.ISO_8859_1))
                    .contains("transport.connect.deadline");
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void shouldLeakNoDescriptorOverReconnects() throws Exception {
        reconnect(20);
        Awaitility.await().until(() -> descriptors() < 1000);
        long before = descriptors();
        reconnect(200);
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> descriptors() <= before + 3);
    }

    private void reconnect(int times) throws Exception {
        for (int i = 0; i < times; i++) {
            Connection connection = client.connect(listener.address()).get(10, TimeUnit.SECONDS);
            Connection here = Objects.requireNonNull(accepted.poll(10, TimeUnit.SECONDS));
            (i % 2 == 0 ? connection : here).close();
            connection.closed().get(10, TimeUnit.SECONDS);
            here.closed().get(10, TimeUnit.SECONDS);
        }
    }

    private static long descriptors() throws Exception {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }
}
