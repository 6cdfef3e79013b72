// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static io.sluice.flush.scenario.Cluster.address;
import static io.sluice.flush.scenario.Cluster.generatorSettings;
import static io.sluice.flush.scenario.Stores.check;
import static io.sluice.flush.scenario.Stores.fill;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.flush.generator.FallbackReason;
import io.sluice.flush.generator.RemoteFlush;
import io.sluice.flush.generator.RemoteFlushSettings;
import io.sluice.flush.generator.UnreachableException;
import io.sluice.flush.memnode.Memnode;
import io.sluice.flush.protocol.NameLookup;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import io.sluice.transport.RegionPool;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.tcp.TcpTransport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How a generator comes to its memnodes, or finds out that it doesn't. */
class RemoteFlushStartTest extends FlushScenario {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private static int freePort() throws Exception {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    @Test
    void shouldFreeItsPortWhereItFailsToStart() throws Exception {
        int port = freePort();
        RegionPool pool = new RegionPool(Cluster.CHUNK, Cluster.CHUNK);
        Transport transport =
                TcpTransport.open(Cluster.context("generator", "g", pool).plaintext(true)); // more than loopback
        cluster.keep(() -> {
            transport.close();
            pool.close();
        });
        RemoteFlushSettings everywhere =
                RemoteFlushSettings.of(new InetSocketAddress("0.0.0.0", port), List.of("127.0.0.1:1"));
        assertThatThrownBy(() -> RemoteFlush.start(everywhere, transport, System::nanoTime))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("flush.advertised"));
        cluster.keep(RemoteFlush.start(everywhere.withAdvertised("127.0.0.1:" + port), transport, System::nanoTime));
    }

    @Test
    void shouldRefuseADeadlineThatNoPeerGrants() {
        RemoteFlushSettings good = generatorSettings(List.of());
        Duration hour = Duration.ofHours(1);
        assertThat(withDeadlines(good, hour, hour).attemptDeadline()).isEqualTo(hour);
        assertThat(withDeadlines(good, Duration.ofMillis(1), Duration.ZERO).urgedDeadline())
                .isEqualTo(Duration.ZERO);
        assertThatThrownBy(() -> withDeadlines(good, hour.plusNanos(1), Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("attemptDeadline=PT1H0.000000001S, expected 1 ms to PT1H");
        assertThatThrownBy(() -> withDeadlines(good, Duration.ZERO, Duration.ZERO))
                .hasMessageContaining("attemptDeadline=PT0S");
        assertThatThrownBy(() -> withDeadlines(good, hour, hour.plusMillis(1)))
                .hasMessageContaining("urgedDeadline=PT1H0.001S, expected 0 to PT1H");
        assertThatThrownBy(() -> withDeadlines(good, hour, Duration.ofMillis(-1)))
                .hasMessageContaining("urgedDeadline=");
    }

    private static RemoteFlushSettings withDeadlines(RemoteFlushSettings settings, Duration attempt, Duration urged) {
        return settings.withTimes(
                settings.heartbeatInterval(), settings.callTimeout(), settings.maxBackoff(), attempt, urged);
    }

    @Test
    void shouldRefuseAnAddressThatIsNone() throws Exception {
        assertThatThrownBy(() -> cluster.generator(generatorSettings(List.of("nonsense"))))
                .hasMessageContaining("'nonsense'");
        Cluster.Generator generator = generator(generatorSettings(List.of()));
        assertThatThrownBy(() -> generator.remote().addMemnode("host:0")).hasMessageContaining("'host:0'");
        assertThat(generator.remote().memnodes()).isEmpty();
    }

    @Test
    void shouldReachTheMemnodeThatComesUpLate() throws Exception {
        int port = freePort();
        Cluster.Generator generator = generator(generatorSettings(List.of("127.0.0.1:" + port)));
        CompletableFuture<String> reached = generator.remote().reachMemnode(LIMIT);
        CompletableFuture<Void> connected = generator.remote().connected();
        assertThat(reached).isNotDone();
        cluster.memnode("late", MIB, port);
        assertThat(reached.get(20, TimeUnit.SECONDS)).isEqualTo("127.0.0.1:" + port);
        assertThat(connected).as("no store is open").isNotDone();
        try (Store store = Stores.open(generator, directory)) {
            connected.get(20, TimeUnit.SECONDS);
            assertThat(generator.remote().connectedMemnodes()).isEqualTo(1);
            assertThat(generator.remote().connected()).isCompleted();
            assertThat(store.identity()).isNotEmpty();
        }
        CompletableFuture<Void> never = generator.remote().connected();
        assertThat(never).isNotDone();
        generator.remote().close();
        assertThat(never).isCompletedExceptionally();
    }

    @Test
    void shouldSayAtTheLimitThatNobodyIsThere() throws Exception {
        String nobody = "127.0.0.1:" + freePort();
        Cluster.Generator generator = generator(generatorSettings(List.of(nobody)));
        assertThatThrownBy(() ->
                        generator.remote().reachMemnode(Duration.ofMillis(300)).get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(UnreachableException.class, e -> {
                    assertThat(e.address()).isEqualTo(nobody);
                    assertThat(e.failure().kind()).isEqualTo(TransportException.Kind.CONNECT_FAILED);
                });
    }

    @Test
    void shouldSayAtOnceThatTheSecretIsWrong() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        RegionPool pool = new RegionPool(Cluster.CHUNK, Cluster.CHUNK);
        Transport transport = TcpTransport.open(new TransportContext()
                .secret(Stores.bytes("somebody else's secret"))
                .role("generator")
                .name("g")
                .regionPool(pool));
        cluster.keep(() -> {
            transport.close();
            pool.close();
        });
        RemoteFlush remote = cluster.keep(
                RemoteFlush.start(generatorSettings(List.of(address(memnode))), transport, System::nanoTime));
        assertThatThrownBy(() -> remote.reachMemnode(Duration.ofHours(1)).get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(
                        UnreachableException.class,
                        e -> assertThat(e.failure().kind()).isEqualTo(TransportException.Kind.AUTHENTICATION));
    }

    @Test
    @Tag("A36")
    void shouldLookNamesUpOnNoThreadThatOthersWaitFor() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        worker("w1", memnode);
        CountDownLatch answered = new CountDownLatch(1);
        ConcurrentLinkedQueue<String> threads = new ConcurrentLinkedQueue<>();
        NameLookup silentServer = address -> {
            threads.add(Thread.currentThread().getName());
            try {
                answered.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return memnode.role().address();
        };
        RemoteFlushSettings settings = generatorSettings(List.of("memnode.test:1"))
                .withTimes(
                        Duration.ofMillis(100),
                        Duration.ofMillis(200),
                        Duration.ofMillis(50),
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(15));
        Cluster.Generator generator = watched(cluster.generator(settings, transport -> transport, silentServer));
        assertThatThrownBy(() ->
                        generator.remote().reachMemnode(Duration.ofMillis(500)).get(20, TimeUnit.SECONDS))
                .hasMessageContaining("memnode.test:1")
                .hasMessageContaining("within 200 ms");
        threads.clear();
        try (Store store = Stores.open(generator, directory)) {
            await().atMost(SOON).until(() -> !threads.isEmpty());
            // Puts, and the control thread's work for a flush, go on beside the look-up.
            fill(store, store.defaultColumnFamily(), "key", 100);
            Stores.flush(store);
            assertThat(generator.remote().statistics().localFlushes()).containsKey(FallbackReason.NO_MEMNODE);
            assertThat(threads).allMatch(name -> name.startsWith("sluice-lookup-memnode.test"));
            assertThat(threads).as("one look-up at a time").hasSize(1);
            answered.countDown();
            awaitMemnodes(generator, 1);
            fill(store, store.defaultColumnFamily(), "more", 100);
            Stores.flush(store);
            awaitRemoteFlushes(generator, 1);
            check(store, store.defaultColumnFamily(), "key", 100);
        }
    }
}
