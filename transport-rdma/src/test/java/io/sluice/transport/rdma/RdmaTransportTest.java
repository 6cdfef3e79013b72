// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.Listener;
import io.sluice.transport.RdmaSettings;
import io.sluice.transport.RdmaSettings.Policy;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.rdma.verbs.BuiltLibrary;
import io.sluice.transport.rdma.verbs.Resources;
import io.sluice.transport.tcp.TcpTransport;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a program gets that asks for RDMA, on machines that have it and on others. */
@Tag("T2")
@Timeout(120)
class RdmaTransportTest {
    private final LinkedBlockingQueue<Connection> accepted = new LinkedBlockingQueue<>();

    @BeforeEach
    void needLibrary() throws IOException {
        BuiltLibrary.assumeBuilt();
    }

    private static TransportContext context(RdmaSettings rdma) {
        return new TransportContext()
                .secret(new byte[16])
                .connectTimeout(Duration.ofSeconds(50)) // on the guest's emulated processor
                .rdma(rdma);
    }

    private static RdmaSettings trusted(Policy policy) {
        return RdmaSettings.of(policy).withFabricTrusted(true);
    }

    private Connection connect(Transport client, Transport server) throws Exception {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        Listener listener = server.listen(any, accepted::add);
        return client.connect(listener.address()).get(60, TimeUnit.SECONDS);
    }

    private Connection accepted() throws Exception {
        return Objects.requireNonNull(accepted.poll(60, TimeUnit.SECONDS));
    }

    @Test
    void shouldStayOnTcpWhereItIsOff() throws Exception {
        try (Transport both = RdmaTransport.open(context(RdmaSettings.OFF))) {
            assertThat(connect(both, both).path()).hasToString("tcp (RDMA is off here)");
        }
    }

    @Test
    void shouldNotUseAFabricThatNobodyTrusts() throws Exception {
        try (Transport both = RdmaTransport.open(context(RdmaSettings.of(Policy.PREFER)))) {
            assertThat(connect(both, both).path().reason()).contains("[transport.rdma.fabric]");
        }
        assertThatThrownBy(() -> RdmaTransport.open(context(RdmaSettings.of(Policy.REQUIRE))))
                .isInstanceOfSatisfying(
                        TransportException.class, e -> assertThat(e.code()).isEqualTo("transport.rdma.fabric"));
    }

    @Test
    void shouldStayOnTcpWithoutADeviceAndSayWhy() throws Exception {
        BuiltLibrary.assumeNoDevice();
        try (Transport both = RdmaTransport.open(context(trusted(Policy.PREFER)))) {
            Connection there = connect(both, both);
            assertThat(there.path().name()).isEqualTo("tcp");
            assertThat(there.path().reason()).contains("no RDMA here").contains("[transport.rdma.device]");
            assertThat(accepted().path()).isEqualTo(there.path());
        }
    }

    @Test
    void shouldNotOpenWithoutADeviceThatIsRequired() throws Exception {
        BuiltLibrary.assumeNoDevice();
        assertThatThrownBy(() -> RdmaTransport.open(context(trusted(Policy.REQUIRE))))
                .isInstanceOfSatisfying(
                        TransportException.class, e -> assertThat(e.code()).isEqualTo("transport.rdma.device"));
    }

    @Test
    @Tag("soft-roce")
    void shouldUseTheDevice() throws Exception {
        try (Transport both = RdmaTransport.open(context(RdmaFixture.settings(Policy.PREFER)))) {
            assertThat(both.capabilities().kernelBypass()).isTrue();
            assertThat(connect(both, both).path()).hasToString("rdma");
            assertThat(accepted().path()).hasToString("rdma");
        }
    }

    @Test
    @Tag("soft-roce")
    void shouldTalkByTcpWithAPeerThatHasOnlyThat() throws Exception {
        try (Transport server = RdmaTransport.open(context(RdmaFixture.settings(Policy.PREFER)));
                Transport client = TcpTransport.open(context(RdmaSettings.OFF))) {
            assertThat(connect(client, server).path().isRdma()).isFalse();
            assertThat(accepted().path()).hasToString("tcp (the peer has no RDMA, or has it switched off)");
        }
    }

    @Test
    @Tag("soft-roce")
    void shouldStayOnTcpWhereAllRingsAreInUse() throws Exception {
        RdmaSettings one = RdmaFixture.settings(Policy.PREFER).withConnections(1);
        try (Transport server = RdmaTransport.open(context(one));
                Transport client = RdmaTransport.open(context(RdmaFixture.settings(Policy.PREFER)))) {
            Connection first = connect(client, server);
            assertThat(first.path()).hasToString("rdma");
            accepted();
            Connection second = connect(client, server);
            assertThat(second.path().reason()).contains("[transport.rdma.rings]");
            assertThat(accepted().path().name()).isEqualTo("tcp");
        }
    }

    @Test
    @Tag("soft-roce")
    void shouldRefuseAPeerThatHasOnlyTcpWhereItIsRequired() throws Exception {
        try (Transport server = RdmaTransport.open(context(RdmaFixture.settings(Policy.REQUIRE)));
                Transport other = TcpTransport.open(context(RdmaSettings.OFF));
                Transport client = RdmaTransport.open(context(RdmaFixture.settings(Policy.REQUIRE)))) {
            assertThatThrownBy(() -> connect(other, server))
                    .cause()
                    .isInstanceOfSatisfying(
                            TransportException.class, e -> assertThat(e.code()).isEqualTo("transport.rdma.required"));
            assertThat(connect(client, server).path()).hasToString("rdma");
            assertThat(accepted().path()).hasToString("rdma");
            assertThat(accepted).isEmpty();
        }
    }

    @Test
    @Tag("soft-roce")
    void shouldNotNoticeWhoKnocksAtTheDevicesPortsByTcp() throws Exception {
        try (Transport server = RdmaTransport.open(context(RdmaFixture.settings(Policy.REQUIRE)));
                Transport client = RdmaTransport.open(context(RdmaFixture.settings(Policy.REQUIRE)))) {
            Connection before = connect(client, server);
            List<InetSocketAddress> ports = Resources.listening();
            assertThat(ports).hasSizeGreaterThanOrEqualTo(2);
            for (InetSocketAddress port : ports) {
                try (Socket socket = new Socket()) {
                    assertThatThrownBy(() -> socket.connect(port, 10_000)).isInstanceOf(ConnectException.class);
                }
            }
            assertThat(before.state()).isEqualTo(ConnectionState.ACTIVE);
            assertThat(connect(client, server).path()).hasToString("rdma");
        }
    }
}
