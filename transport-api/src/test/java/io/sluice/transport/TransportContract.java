// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.transport.TransportException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What every transport must do, messages and life. */
public abstract class TransportContract extends ContractSupport {
    @Test
    void shouldTellEachSideWhoThePeerIs() throws Exception {
        Pair pair = pair();
        assertThat(pair.client.peer().role()).isEqualTo("memnode");
        assertThat(pair.client.peer().name()).isEqualTo("m1");
        assertThat(pair.server.peer().role()).isEqualTo("generator");
        assertThat(pair.client.state()).isEqualTo(ConnectionState.ACTIVE);
    }

    @Test
    @Tag("T3")
    void shouldDeliverMessagesOfEverySizeUpToTheLimit() throws Exception {
        Pair pair = pair(context -> context.maxMessageLength(100_000));
        int limit = pair.client.maxMessageLength();
        assertThat(limit).isEqualTo(100_000);
        for (int length : new int[] {0, 1, 7, 8, 4095, limit - 1, limit}) {
            UnsafeBuffer message = bytes(length, length);
            offer(pair.client, message);
            assertThat(take(pair.server)).isEqualTo(message);
            offer(pair.server, message);
            assertThat(take(pair.client)).isEqualTo(message);
        }
        assertThatThrownBy(() -> pair.client.offer(bytes(limit + 1, 1), 0, limit + 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("100001");
    }

    @Test
    @Tag("T3")
    void shouldDeliverEachSendersMessagesInOrder() throws Exception {
        Pair pair = pair();
        int senders = 3;
        int perSender = 3000;
        List<Thread> threads = new ArrayList<>();
        for (int s = 0; s < senders; s++) {
            int sender = s;
            Thread thread = new Thread(() -> {
                UnsafeBuffer message = new UnsafeBuffer(new byte[8 + sender * 50]);
                for (int i = 0; i < perSender; i++) {
                    message.putInt(0, sender);
                    message.putInt(4, i);
                    while (pair.client.offer(message, 0, message.capacity()) < 0) {
                        Thread.onSpinWait();
                    }
                }
            });
            thread.start();
            threads.add(thread);
        }
        int[] next = new int[senders];
        AtomicInteger wrong = new AtomicInteger();
        await().atMost(Duration.ofSeconds(30L * fixture.patience()))
                .pollInterval(Duration.ofMillis(1))
                .until(() -> {
                    pair.server.poll(
                            (buffer, offset, length) -> {
                                int sender = buffer.getInt(offset);
                                if (buffer.getInt(offset + 4) != next[sender]++) {
                                    wrong.incrementAndGet();
                                }
                            },
                            1000);
                    return next[0] + next[1] + next[2] == senders * perSender;
                });
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(wrong).hasValue(0);
    }

    @Test
    void shouldSendWhatWasClaimedAndCommittedAndNotWhatWasAborted() throws Exception {
        Pair pair = pair();
        MessageClaim claim = new MessageClaim();
        assertThat(pair.client.tryClaim(8, claim)).isNotNegative();
        claim.buffer().putLong(claim.offset(), 1);
        claim.abort();
        assertThat(pair.client.tryClaim(8, claim)).isNotNegative();
        claim.buffer().putLong(claim.offset(), 2);
        claim.commit();
        assertThat(take(pair.server).getLong(0)).isEqualTo(2);
        assertThatThrownBy(claim::commit).isInstanceOf(IllegalStateException.class);
    }

    @Test
    @Tag("T6")
    void shouldPushBackOnTheSenderOfASlowReceiverAndLoseNothing() throws Exception {
        Pair pair = pair(context -> context.messageWindow(64));
        UnsafeBuffer message = new UnsafeBuffer(new byte[100]);
        int accepted = 0;
        while (pair.client.offer(message, 0, 100) >= 0) {
            message.putInt(0, ++accepted);
        }
        assertThat(accepted).isEqualTo(64);
        assertThat(pair.client.offer(message, 0, 100)).isEqualTo(Connection.BACK_PRESSURED);
        CompletableFuture<Void> writable = new CompletableFuture<>();
        pair.client.whenWritable(() -> writable.complete(null));
        assertThat(writable).isNotDone();
        for (int i = 0; i < 64; i++) {
            assertThat(take(pair.server).getInt(0)).isEqualTo(i);
        }
        writable.get(10, TimeUnit.SECONDS);
        assertThat(pair.client.offer(message, 0, 100)).isNotNegative();
    }

    @Test
    @Tag("T6")
    void shouldPushBackByBytesToo() throws Exception {
        Pair pair = pair(context -> context.maxMessageLength(64 * 1024));
        UnsafeBuffer message = bytes(64 * 1024, 1);
        int accepted = 0;
        while (pair.client.offer(message, 0, message.capacity()) >= 0) {
            accepted++;
        }
        assertThat(accepted).isBetween(2, 8);
        for (int i = 0; i < accepted; i++) {
            assertThat(take(pair.server)).isEqualTo(message);
        }
        offer(pair.client, message);
    }

    @Test
    void shouldTellTheListenerOfMessagesThatCameBeforeIt() throws Exception {
        Pair pair = pair();
        offer(pair.client, bytes(10, 1));
        take(pair.server);
        offer(pair.client, bytes(11, 1));
        await().until(() -> ((Object) pair.server).toString().contains("ACTIVE"));
        CompletableFuture<Integer> length = new CompletableFuture<>();
        pair.server.listener(new ConnectionListener() {
            @Override
            public void onReadable(Connection connection) {
                connection.poll((buffer, offset, size) -> length.complete(size), 1);
            }
        });
        assertThat(length.get(10, TimeUnit.SECONDS)).isEqualTo(11);
    }

    @Test
    void shouldCallTimersWhenTheyAreDue() throws Exception {
        Pair pair = pair();
        CompletableFuture<Long> late = new CompletableFuture<>();
        long due = pair.client.nanoClock().getAsLong() + 50_000_000;
        pair.client.listener(new ConnectionListener() {
            @Override
            public long onTimer(Connection connection, long nowNs) {
                late.complete(nowNs - due);
                return Long.MAX_VALUE;
            }
        });
        pair.client.wakeAt(due);
        assertThat(late.get(10, TimeUnit.SECONDS)).isNotNegative();
    }

    @Test
    @Tag("T9")
    void shouldCloseInOrderAndDeliverWhatWasSubmittedBefore() throws Exception {
        Pair pair = pair();
        for (int i = 0; i < 100; i++) {
            offer(pair.client, bytes(1000, i));
        }
        pair.client.close();
        assertThat(pair.client.offer(bytes(1, 1), 0, 1)).isEqualTo(Connection.CLOSED);
        assertThat(pair.client.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.CLOSED);
        assertThat(pair.server.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.CLOSED);
        for (int i = 0; i < 100; i++) {
            assertThat(take(pair.server)).isEqualTo(bytes(1000, i));
        }
        assertThat(pair.server.poll((buffer, offset, length) -> {}, 1)).isEqualTo((int) Connection.CLOSED);
        pair.client.close();
        assertThat(pair.client.failure()).isNull();
    }

    @Test
    void shouldTellTheListenerWhatCameWithTheEndBeforeItAndNothingAfter() throws Exception {
        assumeTrue(fixture.checksRegions()); // or the server has nothing to end the connection for
        Pair pair = pair();
        Region local = acquire(pair.clientPool, 1000);
        RemoteRegion r = pair.server.expose(acquire(pair.serverPool, 1000), Access.READ);
        RemoteRegion forged =
                new RemoteRegion(r.regionId(), r.epoch(), r.length(), r.access(), r.keyHigh(), r.keyLow() ^ 1);
        List<String> told = new CopyOnWriteArrayList<>();
        pair.server.listener(new ConnectionListener() {
            @Override
            public void onReadable(Connection connection) {
                connection.poll((buffer, offset, length) -> told.add("message"), 10);
            }

            @Override
            public long onTimer(Connection connection, long nowNs) {
                told.add("timer");
                return Long.MAX_VALUE;
            }
        });
        pair.server.whenClosed(() -> told.add("closed"));
        // On the agent, so that both leave, and arrive, together: a message, and what the server ends the connection
        // for.
        pair.client.whenWritable(() -> {
            pair.client.offer(bytes(10, 1), 0, 10);
            pair.client.read(forged, 0, local, 0, 10, 1, (id, cause) -> {});
        });
        assertThat(pair.server.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.FAILED);
        pair.server.wakeAt(pair.server.nanoClock().getAsLong());
        CompletableFuture<Void> later = new CompletableFuture<>();
        pair.server.whenWritable(() -> later.complete(null));
        later.get(10, TimeUnit.SECONDS);
        assertThat(told).containsExactly("message", "closed");
    }

    @Test
    @Tag("T9")
    void shouldDeliverEveryAcceptedMessageWheneverItIsClosed() throws Exception {
        Pair pair = pair();
        LinkedBlockingQueue<Connection> accepted = new LinkedBlockingQueue<>();
        Listener listener = pair.serverTransport.listen(fixture.anyAddress(), accepted::add);
        UnsafeBuffer message = bytes(16, 1);
        for (int round = 0; round < 100; round += fixture.patience()) {
            Connection there = pair.clientTransport.connect(listener.address()).get(10, TimeUnit.SECONDS);
            Connection here = accepted.poll(10, TimeUnit.SECONDS);
            assertThat(here).isNotNull();
            CompletableFuture<Integer> offered = CompletableFuture.supplyAsync(() -> {
                int count = 0;
                for (long code = 0; code != Connection.CLOSED; code = there.offer(message, 0, 16)) {
                    count += code > 0 ? 1 : 0;
                }
                return count;
            });
            int taken = 0;
            int enough = round * 5;
            for (int count = 0; count >= 0; count = here.poll((buffer, offset, length) -> {}, 16)) {
                taken += count;
                if (taken >= enough) {
                    there.close();
                }
            }
            assertThat(taken).as("round %d", round).isEqualTo(offered.get(10, TimeUnit.SECONDS));
            assertThat(here.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.CLOSED);
            assertThat(there.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.CLOSED);
        }
    }

    @Test
    @Tag("T9")
    void shouldAnswerClosedToEveryUseAfterClose() throws Exception {
        Pair pair = pair();
        Region region = acquire(pair.clientPool, 1);
        RemoteRegion remote = pair.server.expose(acquire(pair.serverPool, 1), Access.READ_WRITE);
        pair.clientTransport.close();
        Connection closed = pair.client;
        assertThat(closed.offer(bytes(1, 1), 0, 1)).isEqualTo(Connection.CLOSED);
        assertThat(closed.tryClaim(1, new MessageClaim())).isEqualTo(Connection.CLOSED);
        assertThat(closed.write(region, 0, 1, remote, 0, 1, (id, cause) -> {})).isEqualTo(Connection.CLOSED);
        assertThat(closed.read(remote, 0, region, 0, 1, 1, (id, cause) -> {})).isEqualTo(Connection.CLOSED);
        assertThat(closed.poll((buffer, offset, length) -> {}, 1)).isEqualTo((int) Connection.CLOSED);
        assertThatThrownBy(() -> closed.expose(region, Access.READ)).isInstanceOf(TransportException.class);
        assertThat(closed.revoke(remote).get(5, TimeUnit.SECONDS)).isNull();
        CompletableFuture<Void> told = new CompletableFuture<>();
        closed.whenWritable(() -> told.complete(null));
        told.get(5, TimeUnit.SECONDS);
        closed.listener(new ConnectionListener() {});
        closed.wakeAt(0);
        closed.close();
        pair.clientTransport.close();
        assertThat(failureOf(pair.clientTransport.connect(pair.listener.address()))
                        .kind())
                .isEqualTo(Kind.CLOSED);
        assertThatThrownBy(() -> pair.clientTransport.listen(fixture.anyAddress(), connection -> {}))
                .isInstanceOf(TransportException.class);
        region.release();
        assertThatThrownBy(region::buffer).isInstanceOf(IllegalStateException.class);
    }

    @Test
    @Tag("T8")
    void shouldRefuseAWrongSecret() throws Exception {
        Transport server = keep(fixture.open(Pair.context("memnode", "m")));
        AtomicInteger accepted = new AtomicInteger();
        Listener listener = server.listen(fixture.anyAddress(), connection -> accepted.incrementAndGet());
        Transport client = keep(fixture.open(Pair.context("worker", "w").secret(new byte[32])));
        TransportException failure = failureOf(client.connect(listener.address()));
        assertThat(failure.kind()).isEqualTo(Kind.AUTHENTICATION);
        assertThat(failure.code()).isEqualTo("transport.authentication.proof");
        assertThat(accepted).hasValue(0);
    }

    @Test
    void shouldRefuseAPeerOfAnotherCluster() throws Exception {
        Transport server = keep(fixture.open(Pair.context("memnode", "m")));
        Listener listener = server.listen(fixture.anyAddress(), connection -> {});
        Transport client = keep(fixture.open(Pair.context("worker", "w").clusterId("other")));
        TransportException failure = failureOf(client.connect(listener.address()));
        assertThat(failure.kind()).isEqualTo(Kind.AUTHENTICATION);
        assertThat(failure.code()).isEqualTo("transport.authentication.cluster");
    }

    @Test
    void shouldFailToConnectToADeadPortWithinTheDeadline() throws Exception {
        Transport client = keep(fixture.open(Pair.context("worker", "w")));
        TransportException failure = failureOf(client.connect(fixture.deadAddress(), Duration.ofSeconds(2)));
        assertThat(failure.kind()).isIn(Kind.CONNECT_FAILED, Kind.TIMED_OUT);
    }

    @Test
    void shouldFailToConnectToASilentPeerWithinTheDeadline() throws Exception {
        Transport client = keep(fixture.open(Pair.context("worker", "w")));
        long start = System.nanoTime();
        TransportException failure = failureOf(client.connect(fixture.silentAddress(), Duration.ofMillis(300)));
        assertThat(failure.kind()).isEqualTo(Kind.TIMED_OUT);
        assertThat(failure.code()).isEqualTo("transport.connect.deadline");
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(295), Duration.ofSeconds(5));
    }

    @Test
    @Tag("T9")
    void shouldReportADeadPeerAndFailItsOperations() throws Exception {
        Pair pair =
                pair(context -> context.heartbeatInterval(Duration.ofMillis(50)).peerTimeout(Duration.ofMillis(400)));
        RemoteRegion remote = pair.server.expose(acquire(pair.serverPool, 1), Access.READ);
        Region local = acquire(pair.clientPool, 1);
        fixture.blackHole();
        CompletableFuture<Void> read = new BlockChannel(pair.client, 4096, 2).read(remote, 0, local, 0, 1000);
        assertThat(pair.client.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.FAILED);
        if (fixture.cutsAllData()) {
            assertThat(failureOf(read).kind()).isEqualTo(Kind.PEER_DEAD);
        }
        assertThat(read).isDone();
        assertThat(pair.client.failure()).isNotNull();
        assertThat(pair.server.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.FAILED);
    }

    @Test
    @Tag("T9")
    void shouldStayOpenWhileIdle() throws Exception {
        int slower = fixture.patience();
        Pair pair = pair(context -> context.heartbeatInterval(Duration.ofMillis(40L * slower))
                .peerTimeout(Duration.ofMillis(300L * slower)));
        await().during(Duration.ofMillis(900L * slower))
                .atMost(Duration.ofSeconds(5L * slower))
                .until(() ->
                        pair.client.state() == ConnectionState.ACTIVE && pair.server.state() == ConnectionState.ACTIVE);
    }

    @Test
    void shouldEndEveryConnectionWhenTheTransportCloses() throws Exception {
        Pair pair = pair();
        pair.serverTransport.close();
        assertThat(pair.server.state()).isEqualTo(ConnectionState.CLOSED);
        assertThat(pair.client.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.CLOSED);
        assertThat(failureOf(pair.clientTransport.connect(pair.listener.address()))
                        .kind())
                .isEqualTo(Kind.CONNECT_FAILED);
    }

    @Test
    void shouldTakeNoNewConnectionsAfterTheListenerClosed() throws Exception {
        Pair pair = pair();
        pair.listener.close();
        pair.listener.close();
        assertThat(failureOf(pair.clientTransport.connect(pair.listener.address()))
                        .kind())
                .isEqualTo(Kind.CONNECT_FAILED);
        offer(pair.client, bytes(5, 5));
        assertThat(take(pair.server)).isEqualTo(bytes(5, 5));
    }

    @Test
    void shouldRefuseAPortThatIsTaken() throws Exception {
        Pair pair = pair();
        assertThatThrownBy(() -> pair.clientTransport.listen(pair.listener.address(), connection -> {}))
                .isInstanceOfSatisfying(
                        TransportException.class, e -> assertThat(e.kind()).isEqualTo(Kind.RESOURCES))
                .hasMessageContaining(String.valueOf(pair.listener.address().getPort()));
    }
}
