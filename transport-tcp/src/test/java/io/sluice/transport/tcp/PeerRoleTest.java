// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.transport.ConnectOptions;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.tcp.TestAuthority.Issued;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A dialler that wants a role reaches nobody else, however good the other's proofs are. */
@Tag("T8")
@Timeout(120)
class PeerRoleTest {
    private static final ConnectOptions MEMNODE =
            ConnectOptions.DEFAULT.withRoles("memnode").withTimeout(Duration.ofSeconds(10));

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final LinkedBlockingQueue<Connection> accepted = new LinkedBlockingQueue<>();

    PeerRoleTest() {}

    @AfterEach
    void close() throws Exception {
        Collections.reverse(opened);
        for (AutoCloseable each : opened) {
            each.close();
        }
    }

    private static SSLContext certificate(String role, String name) throws IOException {
        return TlsCertificates.ours().context(role, name);
    }

    private Transport open(String role, String name, @Nullable SSLContext tls) throws TransportException {
        Transport transport = TcpTransport.open(new TransportContext()
                .secret(new byte[16])
                .role(role)
                .name(name)
                .tls(tls));
        opened.add(transport);
        return transport;
    }

    private InetSocketAddress listen(String role, String name, @Nullable SSLContext tls) throws TransportException {
        return open(role, name, tls)
                .listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), accepted::add)
                .address();
    }

    private Connection dial(InetSocketAddress address, @Nullable SSLContext tls, ConnectOptions options)
            throws Exception {
        return open("generator", "g1", tls).connect(address, options).get(20, TimeUnit.SECONDS);
    }

    private TransportException refusal(InetSocketAddress address, @Nullable SSLContext tls) throws Exception {
        try {
            dial(address, tls, MEMNODE);
        } catch (ExecutionException e) {
            return (TransportException) Objects.requireNonNull(e.getCause());
        }
        throw new AssertionError("expected a refusal");
    }

    @Test
    void shouldRefuseAListenerWithAValidCertificateOfAnotherRole() throws Exception {
        InetSocketAddress address = listen("worker", "w1", certificate("worker", "w1"));
        TransportException refusal = refusal(address, certificate("generator", "g1"));
        assertThat(refusal.code()).isEqualTo("transport.peer.role");
        assertThat(refusal.kind()).isEqualTo(Kind.AUTHENTICATION);
        assertThat(refusal).hasMessageContaining("worker/w1@").hasMessageContaining("[memnode]");
        Connection atListener = Objects.requireNonNull(accepted.poll(20, TimeUnit.SECONDS));
        assertThat(atListener.closed().get(20, TimeUnit.SECONDS)).isEqualTo(ConnectionState.FAILED);
        assertThat(Objects.requireNonNull(atListener.failure()).code()).isEqualTo("transport.peer.role");
    }

    @Test
    void shouldRefuseAListenerThatClaimsTheRoleByACertificateOfAnother() throws Exception {
        Issued worker = TlsCertificates.ours().files("worker", "w1");
        SSLContext hostile =
                TlsHostileContexts.of(worker, TlsCertificates.ours().authority());
        InetSocketAddress address = listen("memnode", "m1", hostile);
        assertThat(refusal(address, certificate("generator", "g1")).code()).isEqualTo("transport.tls.identity");
    }

    @Test
    void shouldRefuseAListenerOfAnotherRoleWithoutTls() throws Exception {
        assertThat(refusal(listen("worker", "w1", null), null).code()).isEqualTo("transport.peer.role");
    }

    @Test
    void shouldReachAListenerOfAWantedRole() throws Exception {
        InetSocketAddress address = listen("memnode", "m1", certificate("memnode", "m1"));
        SSLContext own = certificate("generator", "g1");
        assertThat(dial(address, own, MEMNODE).peer().role()).isEqualTo("memnode");
        assertThat(dial(address, own, MEMNODE.withRoles("worker", "memnode")).state())
                .isEqualTo(ConnectionState.ACTIVE);
        assertThat(dial(address, own, ConnectOptions.DEFAULT).state()).isEqualTo(ConnectionState.ACTIVE);
    }
}
