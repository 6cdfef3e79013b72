// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every transport must do at the end: nothing leaks, nothing hangs, whatever races with it. */
@Tag("T9")
public abstract class LifecycleContract extends ContractSupport {

    /** How a connection comes to its end. */
    private enum End {
        CLIENT,
        SERVER,
        BOTH,
        CUT
    }

    /** What programs do with a connection. */
    private enum Use {
        OFFER,
        CLAIM_AND_COMMIT,
        CLAIM_AND_ABORT,
        POLL,
        WRITE,
        READ,
        EXPOSE_AND_REVOKE,
        WHEN_WRITABLE,
        LISTENER_AND_TIMER
    }

    /** Of this JVM, what must not grow. */
    private record Holdings(List<String> descriptors, long directMemory, long threads, long resources) {
        boolean isNearly(Holdings before) {
            return descriptors.size() <= before.descriptors.size() + 3;
        }
    }

    /** What each descriptor is, but for jars, which the JVM opens when it first wants a class of them. */
    private static List<String> descriptors() throws IOException {
        Path open = Path.of("/proc/self/fd");
        if (!Files.isDirectory(open)) {
            return List.of();
        }
        List<String> targets = new ArrayList<>();
        try (Stream<Path> each = Files.list(open)) {
            for (Path descriptor : each.toList()) {
                try {
                    targets.add(Files.readSymbolicLink(descriptor).toString());
                } catch (NoSuchFileException e) {
                    targets.add("closed meanwhile, as what listed them");
                }
            }
        }
        targets.removeIf(target -> target.endsWith(".jar"));
        Collections.sort(targets);
        return targets;
    }

    private Holdings holdings() throws Exception {
        long direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
        return new Holdings(
                descriptors(), direct, ManagementFactory.getThreadMXBean().getThreadCount(), fixture.openResources());
    }

    /** Connects, talks, and ends in turn in each way. */
    private void reconnect(Pair pair, LinkedBlockingQueue<Connection> accepted, Listener listener, int times)
            throws Exception {
        Region local = acquire(pair.clientPool, 1000);
        Region remote = acquire(pair.serverPool, 1000);
        for (int i = 0; i < times; i++) {
            Connection there = pair.clientTransport
                    .connect(fixture.throughFaults(listener.address()))
                    .get(60, TimeUnit.SECONDS);
            Connection here = accepted.poll(60, TimeUnit.SECONDS);
            assertThat(here).isNotNull();
            RemoteRegion exposed = here.expose(remote, Access.READ_WRITE);
            assertThat(there.offer(bytes(10, 1), 0, 10)).isNotNegative();
            assertThat(there.write(local, 0, 1000, exposed, 0, 1, (id, cause) -> {}))
                    .isNotNegative();
            switch (End.values()[i % End.values().length]) {
                case CLIENT -> there.close();
                case SERVER -> here.close();
                case BOTH -> {
                    there.close();
                    here.close();
                }
                case CUT -> cut(there);
            }
            there.closed().get(60, TimeUnit.SECONDS);
            here.closed().get(60, TimeUnit.SECONDS);
        }
        local.release();
        remote.release();
        await().until(() -> pair.clientPool.inUse() + pair.serverPool.inUse() == 0);
    }

    private void cut(Connection connection) {
        if (fixture.canCut()) {
            fixture.cut();
        } else {
            connection.close();
        }
    }

    @Test
    void shouldLeakNothingOverManyConnections() throws Exception {
        Pair pair = pair();
        pair.client.close();
        pair.client.closed().get(60, TimeUnit.SECONDS);
        LinkedBlockingQueue<Connection> accepted = new LinkedBlockingQueue<>();
        Listener listener = pair.serverTransport.listen(fixture.anyAddress(), accepted::add);
        reconnect(pair, accepted, listener, fixture.reconnects() / 10);
        Holdings before = settled(null);
        reconnect(pair, accepted, listener, fixture.reconnects());
        Holdings after = settled(before);
        assertThat(after.isNearly(before))
                .as("descriptors %s, before %s", after.descriptors(), before.descriptors())
                .isTrue();
        assertThat(after.directMemory()).as("direct memory").isLessThanOrEqualTo(before.directMemory() + (4 << 20));
        assertThat(after.threads()).as("threads").isLessThanOrEqualTo(before.threads() + 3);
        assertThat(after.resources()).as("of the transport").isLessThanOrEqualTo(before.resources());
    }

    /** What is held when the last connections have lingered; at best what it was before. */
    private Holdings settled(@Nullable Holdings before) throws Exception {
        AtomicReference<Holdings> last = new AtomicReference<>(holdings());
        long start = System.nanoTime();
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(300))
                .until(() -> {
                    Holdings now = holdings();
                    long waitedNs = System.nanoTime() - start;
                    boolean still = now.equals(last.getAndSet(now)) && waitedNs > 1_500_000_000L;
                    boolean back = before == null || now.isNearly(before);
                    return (still && back) || waitedNs > 15_000_000_000L;
                });
        return Objects.requireNonNull(last.get());
    }

    @ParameterizedTest
    @EnumSource(Use.class)
    void shouldEndWhateverRacesWithTheEnd(Use use) throws Exception {
        for (int round = 0; round < 8; round += step()) {
            Pair pair = pair(context -> context.drainTimeout(Duration.ofSeconds(2)));
            race(pair, use, round);
            pair.close();
        }
    }

    /** Where everything is slow, one round of each kind has to do. */
    private int step() {
        return fixture.patience() > 1 ? 3 : 1;
    }

    private void race(Pair pair, Use use, int round) throws Exception {
        Region local = acquire(pair.clientPool, 300_000);
        RemoteRegion exposed = pair.server.expose(acquire(pair.serverPool, 300_000), Access.READ_WRITE);
        AtomicInteger accepted = new AtomicInteger();
        AtomicInteger ended = new AtomicInteger();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        CountDownLatch running = new CountDownLatch(2);
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 2; t++) {
            Thread thread = new Thread(() -> {
                try {
                    User user = new User(pair.client, local, exposed, accepted, ended);
                    for (int i = 0; user.use(use) != Connection.CLOSED; i++) {
                        if (i == 20) {
                            running.countDown();
                        }
                    }
                } catch (Throwable e) {
                    thrown.compareAndSet(null, e);
                } finally {
                    running.countDown();
                }
            });
            thread.start();
            threads.add(thread);
            if (use == Use.POLL) { // for one thread at a time
                running.countDown();
                break;
            }
        }
        Thread reader = new Thread(() -> {
            while (pair.server.poll((buffer, offset, length) -> {}, 100) >= 0) {
                Thread.onSpinWait();
            }
        });
        reader.start();
        threads.add(reader);
        assertThat(running.await(60, TimeUnit.SECONDS)).isTrue();
        switch (round % 4) {
            case 0 -> pair.client.close();
            case 1 -> pair.server.close();
            case 2 -> pair.clientTransport.close();
            default -> pair.serverTransport.close();
        }
        pair.client.closed().get(60, TimeUnit.SECONDS);
        pair.server.closed().get(60, TimeUnit.SECONDS);
        for (Thread thread : threads) {
            thread.join(60_000);
            assertThat(thread.isAlive()).as("stuck in %s", use).isFalse();
        }
        assertThat(thrown.get()).isNull();
        assertThat(ended.get()).isEqualTo(accepted.get());
        local.release();
        await().pollInterval(Duration.ofMillis(1)).until(() -> pair.clientPool.inUse() == 0);
    }

    /** One thread's use of a connection. */
    private static final class User {
        private final Connection connection;
        private final Region local;
        private final RemoteRegion exposed;
        private final AtomicInteger accepted;
        private final OperationHandler handler;
        private final MessageClaim claim = new MessageClaim();
        private final UnsafeBuffer message = bytes(100, 1);

        User(Connection connection, Region local, RemoteRegion exposed, AtomicInteger accepted, AtomicInteger ended) {
            this.connection = connection;
            this.local = local;
            this.exposed = exposed;
            this.accepted = accepted;
            this.handler = (id, cause) -> ended.incrementAndGet();
        }

        /** Uses it once; {@link Connection#CLOSED} when it is over. */
        long use(Use use) {
            long code = once(use);
            if (code == Connection.BACK_PRESSURED) {
                Thread.onSpinWait();
            }
            return code;
        }

        private long once(Use use) {
            return switch (use) {
                case OFFER -> connection.offer(message, 0, 100);
                case CLAIM_AND_COMMIT -> claimed(true);
                case CLAIM_AND_ABORT -> claimed(false);
                case POLL -> connection.poll((buffer, offset, length) -> {}, 10);
                case WRITE -> counted(connection.write(local, 0, 300_000, exposed, 0, 1, handler));
                case READ -> counted(connection.read(exposed, 0, local, 0, 1000, 1, handler));
                case EXPOSE_AND_REVOKE -> exposeAndRevoke();
                case WHEN_WRITABLE -> waitForRoom();
                case LISTENER_AND_TIMER -> listen();
            };
        }

        private long claimed(boolean commit) {
            long code = connection.tryClaim(50, claim);
            if (code >= 0 && commit) {
                claim.commit();
            } else if (code >= 0) {
                claim.abort();
            }
            return code;
        }

        private long counted(long code) {
            accepted.addAndGet(code >= 0 ? 1 : 0);
            return code;
        }

        private long exposeAndRevoke() {
            try {
                connection.revoke(connection.expose(local, Access.READ)).get(60, TimeUnit.SECONDS);
                return 0;
            } catch (TransportException e) {
                assertThat(e.kind()).isEqualTo(TransportException.Kind.CLOSED);
                return Connection.CLOSED;
            } catch (Exception e) {
                throw new AssertionError("a revocation never ended", e);
            }
        }

        private long waitForRoom() {
            CompletableFuture<Void> told = new CompletableFuture<>();
            connection.whenWritable(() -> told.complete(null));
            told.orTimeout(60, TimeUnit.SECONDS).join();
            return closedOrZero();
        }

        private long listen() {
            connection.listener(new ConnectionListener() {});
            connection.wakeAt(connection.nanoClock().getAsLong());
            return closedOrZero();
        }

        private long closedOrZero() {
            return connection.state() == ConnectionState.ACTIVE ? 0 : Connection.CLOSED;
        }
    }

    @Test
    void shouldEndEveryAttemptToConnectThatRacesWithTheEndOfItsTransport() throws Exception {
        for (int round = 0; round < 20; round += 3 * step() - 2) {
            Pair pair = pair();
            List<CompletableFuture<Connection>> attempts = new ArrayList<>();
            Thread closer = new Thread(round % 2 == 0 ? pair.clientTransport::close : pair.serverTransport::close);
            for (int i = 0; i < 10; i++) {
                attempts.add(pair.clientTransport.connect(pair.listener.address()));
                if (i == round % 10) {
                    closer.start();
                }
            }
            for (CompletableFuture<Connection> attempt : attempts) {
                try {
                    Connection made = attempt.get(60, TimeUnit.SECONDS);
                    made.closed().get(60, TimeUnit.SECONDS);
                } catch (ExecutionException e) {
                    assertThat(e.getCause()).isInstanceOf(TransportException.class);
                }
            }
            closer.join(60_000);
            assertThat(closer.isAlive()).isFalse();
            pair.close();
        }
    }

    @Test
    void shouldCloseFromWithinItsOwnCallbacks() throws Exception {
        Pair pair = pair();
        Region local = acquire(pair.clientPool, 10);
        RemoteRegion remote = pair.server.expose(acquire(pair.serverPool, 10), Access.READ);
        pair.server.listener(new ConnectionListener() {
            @Override
            public void onReadable(Connection connection) {
                connection.close();
            }
        });
        CompletableFuture<Exception> refused = new CompletableFuture<>();
        pair.client.read(remote, 0, local, 0, 10, 1, (id, cause) -> {
            try {
                pair.clientTransport.close();
            } catch (IllegalStateException e) {
                refused.complete(e);
            }
            pair.client.close();
        });
        pair.client.offer(bytes(1, 1), 0, 1);
        assertThat(refused.get(60, TimeUnit.SECONDS)).hasMessageContaining("agent");
        assertThat(pair.client.closed().get(60, TimeUnit.SECONDS)).isEqualTo(ConnectionState.CLOSED);
        assertThat(pair.server.closed().get(60, TimeUnit.SECONDS)).isEqualTo(ConnectionState.CLOSED);
    }

    @Test
    void shouldConnectAnewOverACutAndKnowNothingOfTheOldRegions() throws Exception {
        assumeTrue(fixture.canCut());
        Pair pair = pair();
        RemoteRegion old = pair.server.expose(acquire(pair.serverPool, 10), Access.READ);
        Region local = acquire(pair.clientPool, 10);
        fixture.cut();
        assertThat(pair.client.closed().get(60, TimeUnit.SECONDS)).isEqualTo(ConnectionState.FAILED);
        assertThat(pair.server.closed().get(60, TimeUnit.SECONDS)).isEqualTo(ConnectionState.FAILED);
        Connection again = pair.clientTransport.connect(pair.listener.address()).get(60, TimeUnit.SECONDS);
        assertThat(again.read(old, 0, local, 0, 1, 1, (id, cause) -> {})).isEqualTo(Connection.STALE_REGION);
    }

    @Test
    void shouldHoldAThousandExposuresAndGiveThemBackWithTheConnection() throws Exception {
        Pair pair = pair(context -> context.maxExposures(1000));
        Region region = acquire(pair.serverPool, 1);
        for (int i = 0; i < 1000; i++) {
            pair.server.expose(region, Access.READ);
        }
        TransportException full = failureOf(CompletableFuture.supplyAsync(() -> {
            try {
                return pair.server.expose(region, Access.READ);
            } catch (TransportException e) {
                throw new java.util.concurrent.CompletionException(e);
            }
        }));
        assertThat(full.code()).isEqualTo("transport.expose.limit");
        region.release();
        assertThat(pair.serverPool.inUse()).isEqualTo(Pair.CHUNK);
        pair.client.close();
        pair.server.closed().get(60, TimeUnit.SECONDS);
        await().until(() -> pair.serverPool.inUse() == 0);
    }
}
