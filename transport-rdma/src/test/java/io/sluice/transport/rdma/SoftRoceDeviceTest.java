// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.transport.Connection;
import io.sluice.transport.RdmaSettings.Policy;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** That what runs the RDMA tests is the kernel's driver of soft-RoCE, and no imitation of it. */
@Tag("soft-roce")
@Timeout(120)
class SoftRoceDeviceTest {
    private static final Path COUNTERS = Path.of("/sys/class/infiniband/rxe0/ports/1/hw_counters");
    private static final int MESSAGES = 100;
    private static final Duration LIMIT = Duration.ofSeconds(50);

    private static long counter(String name) throws IOException {
        return Long.parseLong(Files.readString(COUNTERS.resolve(name)).strip());
    }

    @Test
    @Tag("T13")
    void shouldSendMessagesAsPacketsOfTheKernelsDevice() throws Exception {
        assertThat(Path.of("/sys/module/rdma_rxe")).isDirectory();
        TransportContext context = new TransportContext()
                .secret(new byte[16])
                .connectTimeout(LIMIT)
                .rdma(RdmaFixture.settings(Policy.REQUIRE));
        try (Transport both = RdmaTransport.open(context)) {
            CompletableFuture<Connection> accepted = new CompletableFuture<>();
            InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
            Connection here =
                    both.connect(both.listen(any, accepted::complete).address()).get(60, TimeUnit.SECONDS);
            Connection there = accepted.get(60, TimeUnit.SECONDS);
            long sent = counter("sent_pkts");
            long received = counter("rcvd_pkts");
            UnsafeBuffer message = new UnsafeBuffer(new byte[64]);
            int offered = 0;
            int taken = 0;
            long began = System.nanoTime();
            while (taken < MESSAGES) {
                assertThat(System.nanoTime() - began)
                        .as("after %s messages", taken)
                        .isLessThan(LIMIT.toNanos());
                if (offered < MESSAGES && here.offer(message, 0, message.capacity()) >= 0) {
                    offered++;
                }
                taken += there.poll((buffer, offset, length) -> {}, 1);
            }
            assertThat(counter("sent_pkts") - sent).isGreaterThanOrEqualTo(MESSAGES);
            assertThat(counter("rcvd_pkts") - received).isGreaterThanOrEqualTo(MESSAGES);
        }
    }
}
