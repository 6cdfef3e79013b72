// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.transport.Access;
import io.sluice.transport.Region;
import io.sluice.transport.RegionMemory;
import io.sluice.transport.TransportException;
import io.sluice.transport.wire.PathOffer;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Ends of all kinds, and that nothing is left behind. */
@Tag("soft-roce")
class VerbsTeardownTest {
    private static final int LENGTH = 1 << 20;
    private static final int CONNECTIONS = 1000;
    /** Not more, since the emulated device copies a mebibyte in 15 ms. */
    private static final int TRANSFER = 100_000;

    private final Map<String, Integer> before = Resources.now();
    private final PathPair pair = new PathPair(PathEnd.polled(PathPair.SERVER), PathEnd.polled(PathPair.CLIENT));

    VerbsTeardownTest() throws IOException {}

    @AfterEach
    void leaveNothing() throws IOException {
        pair.close();
        assertThat(Resources.now()).isEqualTo(before);
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    private static long directBuffers() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getCount)
                .sum();
    }

    /** A write, messages both ways and a read, all under way. */
    private void beginAll(RegionMemory memory) throws TransportException {
        PathEnd client = pair.client;
        client.path().write(0, memory, 0, TRANSFER, client.remote(0), client.remoteKey());
        client.trySend(new byte[10]);
        client.path().read(1, memory, 0, TRANSFER, client.remote(0), client.remoteKey());
        client.trySend(new byte[20_000]);
        client.path().flush();
        pair.server.trySend(new byte[10_000]);
        pair.server.path().flush();
    }

    private void end(int number) {
        if (number % 2 == 0) {
            pair.client.path().close();
            pair.server.path().close();
        } else {
            pair.server.path().close();
            pair.client.path().close();
        }
        int closes = number + 1;
        pair.await("closed", () -> pair.client.closes == closes && pair.server.closes == closes);
    }

    @Test
    void shouldLeaveNothingBehindAfterAThousandAbruptEnds() throws IOException {
        Region region = pair.client.region(LENGTH);
        RegionMemory memory = region.memory();
        pair.client.counting = true;
        pair.server.counting = true;
        Map<String, Integer> resources = Map.of();
        long descriptors = 0;
        long buffers = 0;
        for (int i = 0; i < CONNECTIONS; i++) {
            if (i == 4) {
                // Each ring has made its calls by now.
                resources = Resources.now();
                descriptors = descriptors();
                buffers = directBuffers();
            }
            pair.connect(Access.READ_WRITE);
            beginAll(memory);
            for (int polls = 0; polls < i % 50; polls++) {
                pair.poll();
            }
            end(i);
        }
        assertThat(Resources.now()).isEqualTo(resources);
        assertThat(descriptors()).isEqualTo(descriptors);
        // DiSNI lets go of a few, which the collector has yet to find.
        assertThat(directBuffers()).isLessThan(buffers + 50);
        assertThat(pair.client.broken).isNull();
        region.release();
        assertThat(pair.client.pool.inUse()).isZero();
    }

    @Test
    void shouldEndADialAtEachOfItsSteps() throws IOException {
        Map<String, Integer> resources = Resources.now();
        for (int i = 0; i < 40; i++) {
            pair.server.listen(Access.READ_WRITE);
            pair.client.readies = 0;
            pair.server.readies = 0;
            pair.client.dial(pair.server.path().offer(), Access.READ_WRITE);
            for (int polls = 0; polls < i * i; polls++) {
                pair.poll();
            }
            end(i);
            pair.await("strangers are gone", () -> pair.server.provider.isQuiet() && pair.client.provider.isQuiet());
        }
        assertThat(Resources.now()).isEqualTo(resources);
    }

    @Test
    void shouldEndWithinTheDeadlineWhereNobodyAnswers() throws IOException {
        pair.server.listen(Access.READ_WRITE);
        PathOffer offer = pair.server.path().offer();
        // An address of the device's network that is nobody's.
        pair.client.dial(
                new PathOffer(
                        new InetSocketAddress("10.9.0.99", 4000),
                        offer.cookie(),
                        offer.slotLength(),
                        offer.depth(),
                        offer.slabs()),
                Access.READ_WRITE);
        long startNs = System.nanoTime();
        while (System.nanoTime() - startNs < 1_500_000_000) {
            pair.poll();
        }
        assertThat(pair.client.readies).isZero();
        long closedNs = System.nanoTime();
        end(0);
        assertThat(Duration.ofNanos(System.nanoTime() - closedNs)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void shouldTellThatThePeerWasKilled() throws Exception {
        pair.server.listen(Access.READ_WRITE);
        pair.server.counting = true;
        pair.server.region(LENGTH);
        try (PeerProcess peer = PeerProcess.start(pair.server.path().offer())) {
            pair.server.meet(peer.offer());
            pair.await("messages", () -> pair.server.counted > 10);
            peer.signal("KILL");
            pair.awaitBroken(pair.server);
        }
        assertThat(pair.server.broken).hasMessageContaining("transport.rdma.");
        pair.server.path().close();
        pair.await("closed", () -> pair.server.closes == 1);
    }

    /** One-sided operations are the adapters' work: the peer's program has no part in them. */
    @Test
    void shouldReadAndWriteMemoryOfAPeerThatStandsStill() throws Exception {
        PathEnd server = pair.server;
        server.listen(Access.READ_WRITE);
        Region region = server.region(LENGTH);
        try (PeerProcess peer = PeerProcess.start(server.path().offer())) {
            server.meet(peer.offer());
            pair.await("messages", () -> !server.messages.isEmpty());
            peer.signal("STOP");
            region.buffer().setMemory(0, LENGTH, (byte) 3);
            // Behind the memory that the peer itself uses.
            assertThat(server.path().write(0, region.memory(), 0, LENGTH, server.remote(LENGTH), server.remoteKey()))
                    .isTrue();
            server.path().flush();
            pair.await("written", () -> server.ended.contains(0));
            region.buffer().setMemory(0, LENGTH, (byte) 0);
            assertThat(server.path().read(1, region.memory(), 0, LENGTH, server.remote(LENGTH), server.remoteKey()))
                    .isTrue();
            server.path().flush();
            pair.await("read", () -> server.ended.contains(1));
            assertThat(region.buffer().getByte(LENGTH - 1)).isEqualTo((byte) 3);
        }
        pair.awaitBroken(server);
    }

    @Test
    void shouldCloseTheProviderOverEverythingThatIsUnderWay() throws IOException {
        pair.connect(Access.READ_WRITE);
        pair.server.listen(Access.READ_WRITE);
        pair.client.dial(pair.server.path().offer(), Access.READ_WRITE);
        pair.poll();
    }
}
