// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.testkit.TcpFaultProxy;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.Listener;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.tcp.TestAuthority.Issued;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who must not get in over TLS, and how each side learns of it; others are unharmed. */
@Tag("T8")
@Timeout(120)
class TlsHostileTest {
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final LinkedBlockingQueue<Connection> accepted = new LinkedBlockingQueue<>();
    private final Listener listener;
    private final Connection bystander;

    TlsHostileTest() throws Exception {
        Transport server = open(ours().context());
        listener = server.listen(loopback(), accepted::add);
        bystander = open(ours().context()).connect(listener.address()).get(20, TimeUnit.SECONDS);
        assertThat(accepted.poll(20, TimeUnit.SECONDS)).isNotNull();
    }

    private static TlsCertificates ours() {
        return TlsCertificates.ours();
    }

    private static TlsCertificates theirs() {
        return TlsCertificates.theirs();
    }

    private static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private static TransportContext settings(String role, String name, @Nullable SSLContext tls) {
        return new TransportContext()
                .secret(new byte[16])
                .role(role)
                .name(name)
                .tls(tls)
                .connectTimeout(Duration.ofSeconds(10));
    }

    private Transport open(@Nullable SSLContext tls) throws TransportException {
        return open(settings("worker", "w1", tls));
    }

    private Transport open(TransportContext context) throws TransportException {
        Transport transport = TcpTransport.open(context);
        opened.add(transport);
        return transport;
    }

    @AfterEach
    void bystanderIsUnharmed() throws Exception {
        assertThat(bystander.state()).isEqualTo(ConnectionState.ACTIVE);
        assertThat(accepted).isEmpty();
        for (AutoCloseable closeable : opened) {
            closeable.close();
        }
    }

    private static TransportException failureOf(CompletableFuture<?> future) throws Exception {
        try {
            future.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            return (TransportException) Objects.requireNonNull(e.getCause());
        }
        throw new AssertionError("expected a failure");
    }

    private TransportException refusalOf(@Nullable SSLContext tls) throws Exception {
        return failureOf(open(tls).connect(listener.address()));
    }

    private static void shouldBe(TransportException failure, Kind kind, String code) {
        assertThat(failure.code()).as(failure.toString()).isEqualTo(code);
        assertThat(failure.kind()).as(failure.toString()).isEqualTo(kind);
    }

    private TransportException refusalByTlsOf(SSLContext listening) throws Exception {
        Listener other = open(listening).listen(loopback(), connection -> {});
        return failureOf(open(ours().context()).connect(other.address()));
    }

    private static SSLContext expired() throws IOException {
        Issued files = ours().expired();
        // TlsFiles would not take it: this is somebody else's program.
        return TlsHostileContexts.of(files, ours().authority());
    }

    @Test
    void shouldRefuseADiallerOfAnotherAuthority() throws Exception {
        shouldBe(refusalOf(theirs().believing(ours())), Kind.AUTHENTICATION, "transport.tls.alert");
    }

    @Test
    void shouldRefuseAListenerOfAnotherAuthority() throws Exception {
        shouldBe(refusalByTlsOf(theirs().believing(ours())), Kind.AUTHENTICATION, "transport.tls.certificate");
    }

    @Test
    void shouldRefuseAnExpiredCertificateOnEitherSide() throws Exception {
        shouldBe(refusalOf(expired()), Kind.AUTHENTICATION, "transport.tls.alert");
        TransportException refusal = refusalByTlsOf(expired());
        shouldBe(refusal, Kind.AUTHENTICATION, "transport.tls.certificate");
        assertThat(refusal).hasMessageContaining("NotAfter");
    }

    @Test
    void shouldRefuseToUseAnExpiredCertificateOfItsOwn() {
        Issued files = ours().expired();
        assertThatThrownBy(() -> TlsFiles.pem(files.certificate(), files.key(), ours().authority()))
                .hasMessageContaining("transport.tls.file")
                .hasMessageContaining(files.certificate().toString())
                .hasMessageContaining("NotAfter");
    }

    private Socket tlsSocket(SSLContext context, String... protocols) throws IOException {
        SSLSocket socket = (SSLSocket) context.getSocketFactory()
                .createSocket(
                        InetAddress.getLoopbackAddress(), listener.address().getPort());
        socket.setSoTimeout(20_000);
        if (protocols.length > 0) {
            socket.setEnabledProtocols(protocols);
        }
        opened.add(socket);
        return socket;
    }

    @Test
    void shouldRefuseADiallerWithoutACertificate() throws Exception {
        SSLContext nobody = SSLContext.getInstance("TLSv1.3");
        nobody.init(null, TlsHostileContexts.believing(ours().authority()), null);
        Socket socket = tlsSocket(nobody);
        assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SSLException.class);
    }

    @Test
    void shouldSpeakNoOlderTlsThan13() throws Exception {
        SSLContext old = SSLContext.getInstance("TLSv1.2");
        old.init(null, TlsHostileContexts.believing(ours().authority()), null);
        Socket socket = tlsSocket(old, "TLSv1.2");
        assertThatThrownBy(() -> ((SSLSocket) socket).startHandshake()).isInstanceOf(SSLException.class);
    }

    @Test
    void shouldTellADiallerWithoutTlsThatItIsNeeded() throws Exception {
        TransportException refusal = refusalOf(null);
        shouldBe(refusal, Kind.AUTHENTICATION, "transport.tls.plain");
        assertThat(refusal).hasMessageContaining("this port takes TLS only");
    }

    @Test
    void shouldTellADiallerWithTlsThatTheListenerHasNone() throws Exception {
        Listener plain = open((SSLContext) null).listen(loopback(), connection -> {});
        TransportException refusal = failureOf(open(ours().context()).connect(plain.address()));
        shouldBe(refusal, Kind.AUTHENTICATION, "transport.tls.plain");
        assertThat(refusal).hasMessageContaining("does not speak TLS");
    }

    @Test
    void shouldRefuseAPeerThatSaysItIsAnother() throws Exception {
        SSLContext w1 = ours().context("worker", "w1");
        for (TransportContext other :
                List.of(settings("worker", "w2", w1), settings("memnode", "w1", w1), settings("worker", "*", w1))) {
            TransportException refusal = failureOf(open(other).connect(listener.address()));
            shouldBe(refusal, Kind.AUTHENTICATION, "transport.tls.identity");
            assertThat(refusal).hasMessageContaining("OU=worker").hasMessageContaining("CN=w1");
        }
        Listener liar = open(settings("memnode", "m1", w1)).listen(loopback(), connection -> {});
        shouldBe(
                failureOf(open(ours().context()).connect(liar.address())),
                Kind.AUTHENTICATION,
                "transport.tls.identity");
        Connection honest =
                open(settings("worker", "w1", w1)).connect(listener.address()).get(20, TimeUnit.SECONDS);
        assertThat(honest.state()).isEqualTo(ConnectionState.ACTIVE);
        assertThat(Objects.requireNonNull(accepted.poll(20, TimeUnit.SECONDS))
                        .peer()
                        .name())
                .isEqualTo("w1");
    }

    private byte[] clientHello() throws Exception {
        SSLEngine engine = new TlsEngines(ours().context()).create(true);
        ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), hello);
        return Arrays.copyOf(hello.array(), hello.position());
    }

    @Test
    void shouldSurviveHandshakesThatEndAnywhere() throws Exception {
        byte[] hello = clientHello();
        for (int length = 0; length <= hello.length; length += 23) {
            try (Socket socket = new Socket()) {
                socket.connect(listener.address());
                socket.getOutputStream().write(hello, 0, length);
            }
        }
    }

    @Test
    void shouldSurviveGarbage() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] hello = clientHello();
        int thrownOut = 0;
        for (int i = 0; i < 100; i++) {
            byte[] bytes = hello.clone();
            for (int j = random.nextInt(4); j >= 0; j--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try (Socket socket = new Socket()) {
                socket.connect(listener.address());
                socket.getOutputStream().write(bytes);
            } catch (SocketException e) {
                thrownOut++; // before it had said all
            }
        }
        assertThat(accepted).as("seed %d, %d thrown out", seed, thrownOut).isEmpty();
    }

    @Test
    void shouldEndASlowHandshakeAtTheDeadline() throws Exception {
        Transport server = open(settings("memnode", "m", ours().context()).connectTimeout(Duration.ofMillis(500)));
        Listener impatient = server.listen(loopback(), connection -> {});
        byte[] hello = clientHello();
        try (Socket socket = new Socket()) {
            socket.connect(impatient.address());
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(hello, 0, 50);
            while (socket.getInputStream().read() >= 0) {
                // an alert, perhaps; then the end
            }
        }
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            InetSocketAddress address = (InetSocketAddress) silent.getLocalSocketAddress();
            TransportException late = failureOf(server.connect(address, Duration.ofMillis(300)));
            shouldBe(late, Kind.TIMED_OUT, "transport.connect.deadline");
        }
    }

    private Connection connectThrough(TcpFaultProxy proxy) throws Exception {
        return open(ours().context()).connect(proxy.address()).get(20, TimeUnit.SECONDS);
    }

    @Test
    void shouldTellAStreamThatWasCutFromOneThatWasClosed() throws Exception {
        try (TcpFaultProxy proxy = new TcpFaultProxy(listener.address())) {
            Connection cut = connectThrough(proxy);
            assertThat(accepted.poll(20, TimeUnit.SECONDS)).isNotNull();
            proxy.cut();
            assertThat(cut.closed().get(20, TimeUnit.SECONDS)).isEqualTo(ConnectionState.FAILED);
            shouldBe(Objects.requireNonNull(cut.failure()), Kind.PEER_DEAD, "transport.tls.truncated");
            Connection closed = connectThrough(proxy);
            Objects.requireNonNull(accepted.poll(20, TimeUnit.SECONDS)).close();
            assertThat(closed.closed().get(20, TimeUnit.SECONDS)).isEqualTo(ConnectionState.CLOSED);
        }
    }

    private static final Set<Kind> NOTICED =
            Set.of(Kind.PROTOCOL, Kind.AUTHENTICATION, Kind.CONNECT_FAILED, Kind.PEER_DEAD);
    /** The first record's length: of one that promises more than comes, and is possible, only the deadline tells. */
    private static final long RECORD_LENGTH_AT = 3;

    private static final Set<Kind> NOTICED_AT_LAST = EnumSet.of(Kind.TIMED_OUT, NOTICED.toArray(Kind[]::new));

    @Test
    void shouldNoticeEveryChangeOnTheWay() throws Exception {
        for (long at : new long[] {0, 3, 60, 200, 700, 1500, 2500, 6000}) {
            try (TcpFaultProxy proxy = new TcpFaultProxy(listener.address())) {
                proxy.corruptAt(at);
                TransportException failure = converseUntilFailure(proxy);
                assertThat(failure.kind())
                        .as("byte %d: %s", at, failure)
                        .isIn(at == RECORD_LENGTH_AT ? NOTICED_AT_LAST : NOTICED);
            }
            accepted.clear();
        }
    }

    private TransportException converseUntilFailure(TcpFaultProxy proxy) throws Exception {
        CompletableFuture<Connection> connecting = open(ours().context()).connect(proxy.address());
        Connection connection;
        try {
            connection = connecting.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            return (TransportException) Objects.requireNonNull(e.getCause());
        }
        UnsafeBuffer message = new UnsafeBuffer(new byte[10_000]);
        connection.offer(message, 0, 10_000);
        connection.closed().get(20, TimeUnit.SECONDS);
        return Objects.requireNonNull(connection.failure());
    }

    @Test
    void shouldSendNothingInClear() throws Exception {
        String name = "a-name-that-only-the-peer-may-see";
        byte[] message = "a message that only the peer may see".getBytes(StandardCharsets.US_ASCII);
        try (TlsHostileContexts.Tap tap = new TlsHostileContexts.Tap(listener.address())) {
            Connection connection = open(settings("worker", name, ours().context()))
                    .connect(tap.address())
                    .get(20, TimeUnit.SECONDS);
            Connection here = Objects.requireNonNull(accepted.poll(20, TimeUnit.SECONDS));
            assertThat(here.peer().name()).isEqualTo(name);
            connection.offer(new UnsafeBuffer(message), 0, message.length);
            connection.close();
            connection.closed().get(20, TimeUnit.SECONDS);
            assertThat(tap.seen().length()).isGreaterThan(1000);
            assertThat(tap.seen())
                    .doesNotContain(name)
                    .doesNotContain(new String(message, StandardCharsets.US_ASCII))
                    .doesNotContain("SLUC");
        }
    }

    @Test
    void shouldStayOnLoopbackWithoutTls() throws Exception {
        InetSocketAddress everywhere = new InetSocketAddress("0.0.0.0", 0);
        Transport plain = open((SSLContext) null);
        assertThatThrownBy(() -> plain.listen(everywhere, connection -> {}))
                .isInstanceOfSatisfying(
                        TransportException.class, e -> shouldBe(e, Kind.AUTHENTICATION, "transport.tls.required"));
        InetSocketAddress elsewhere = new InetSocketAddress("192.0.2.1", 9);
        shouldBe(failureOf(plain.connect(elsewhere)), Kind.AUTHENTICATION, "transport.tls.required");
        open(settings("worker", "w1", null).plaintext(true)).listen(everywhere, connection -> {});
        open(ours().context()).listen(everywhere, connection -> {});
    }
}
