// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testkit.process.TestProcess;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A process that has no file descriptors left accepts again, on every port, when it has some. */
@Timeout(60)
@Tag("A37")
class DescriptorLimitTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final byte[] SECRET = new byte[16];

    /** Listens twice, takes all descriptors, and gives some back at each byte on stdin. */
    static final class Exhausted {
        private Exhausted() {}

        public static void main(String[] args) throws Exception {
            InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
            try (Transport transport = TcpTransport.open(new TransportContext().secret(SECRET))) {
                int first = transport.listen(any, connection -> {}).address().getPort();
                int second = transport.listen(any, connection -> {}).address().getPort();
                // Once, so that all classes are there.
                transport
                        .connect(new InetSocketAddress(any.getAddress(), first))
                        .get(10, TimeUnit.SECONDS);
                Deque<FileInputStream> taken = new ArrayDeque<>();
                takeAll(taken);
                System.out.println("ports " + first + " " + second);
                while (System.in.read() >= 0) {
                    for (int i = 0; i < 20; i++) {
                        taken.remove().close();
                    }
                    System.out.println("gave back");
                }
            }
        }

        private static void takeAll(Deque<FileInputStream> taken) {
            try {
                while (true) {
                    taken.add(new FileInputStream("/dev/null"));
                }
            } catch (IOException e) {
                // That was the last one.
            }
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void shouldAcceptOnEveryPortAgainWhenThereAreDescriptors() throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        try (TestProcess process = TestProcess.command("sh", "-c", "ulimit -n 400; exec \"$@\"", "sh", java)
                        .args("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
                        .args("-cp", System.getProperty("java.class.path"), Exhausted.class.getName())
                        .start();
                Transport client = TcpTransport.open(
                        new TransportContext().secret(SECRET).connectTimeout(Duration.ofSeconds(20)))) {
            Matcher ports = process.awaitOut("ports (\\d+) (\\d+)", LIMIT);
            List<CompletableFuture<Connection>> attempts = new ArrayList<>();
            for (int group = 1; group <= 2; group++) {
                attempts.add(client.connect(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(ports.group(group)))));
            }
            process.awaitErr("accepting failed", LIMIT);
            process.feed('\n');
            process.awaitOut("gave back", LIMIT);
            for (CompletableFuture<Connection> attempt : attempts) {
                assertThat(attempt.get(15, TimeUnit.SECONDS).state()).isEqualTo(ConnectionState.ACTIVE);
            }
        }
    }
}
