// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What every transport must do: credits come back by themselves, whatever the two sides' limits are and whatever the
 * programs' handlers do. Heartbeats carry credits too, so they are made too rare to help.
 */
@Tag("T6")
public abstract class FlowContract extends ContractSupport {
    private static final Duration NEVER = Duration.ofSeconds(30);

    private static TransportContext withoutHeartbeats(TransportContext context) {
        return context.heartbeatInterval(NEVER).peerTimeout(NEVER.multipliedBy(2));
    }

    private Pair ofUnequalLimits() throws Exception {
        return pair(
                context -> withoutHeartbeats(context).maxMessageLength(64 * 1024),
                context -> withoutHeartbeats(context)
                        .maxMessageLength(2 << 20)
                        .messageWindow(65_536)
                        .maxOperations(2));
    }

    @Test
    void shouldKeepMessagesMovingWhereTheLimitsOfBothSidesDiffer() throws Exception {
        Pair pair = ofUnequalLimits();
        assertThat(pair.client.maxMessageLength()).isEqualTo(64 * 1024);
        assertThat(pair.server.maxMessageLength()).isEqualTo(64 * 1024);
        UnsafeBuffer message = bytes(60_000, 1);
        for (int i = 0; i < 300; i++) {
            offer(pair.client, message);
            assertThat(take(pair.server)).isEqualTo(message);
            offer(pair.server, message);
            assertThat(take(pair.client)).isEqualTo(message);
        }
    }

    @Test
    void shouldKeepBlocksMovingWhereTheLimitsOfBothSidesDiffer() throws Exception {
        Pair pair = ofUnequalLimits();
        int length = 2_000_000;
        Region source = acquire(pair.clientPool, length);
        source.buffer().putBytes(0, bytes(length, 1), 0, length);
        Region target = acquire(pair.serverPool, length);
        RemoteRegion exposed = pair.server.expose(target, Access.WRITE);
        new BlockChannel(pair.client, 50_000, 16)
                .write(source, 0, length, exposed, 0)
                .get(20, TimeUnit.SECONDS);
        assertThat(copy(target.buffer(), 0, length)).isEqualTo(bytes(length, 1));
    }

    @Test
    void shouldReturnTheCreditOfMessagesWhoseHandlerThrew() throws Exception {
        Pair pair = pair(context -> withoutHeartbeats(context).messageWindow(4));
        AtomicInteger taken = new AtomicInteger();
        for (int i = 0; i < 50; i++) {
            offer(pair.client, bytes(10, i));
            await().pollInterval(Duration.ofMillis(1)).until(() -> {
                int before = taken.get();
                try {
                    pair.server.poll(
                            (buffer, offset, length) -> {
                                taken.incrementAndGet();
                                throw new IllegalStateException("of the program");
                            },
                            1);
                } catch (IllegalStateException e) {
                    assertThat(e).hasMessage("of the program");
                }
                return taken.get() > before;
            });
        }
        assertThat(taken).hasValue(50);
    }

    @Test
    void shouldSendWhatACallbackSubmitsInTheOrderInWhichItClaimedAndOffered() throws Exception {
        Pair pair = pair();
        MessageClaim claim = new MessageClaim();
        CompletableFuture<Void> sent = new CompletableFuture<>();
        pair.server.listener(new ConnectionListener() {
            @Override
            public void onReadable(Connection connection) {
                if (connection.poll((buffer, offset, length) -> {}, 1) > 0) {
                    connection.offer(bytes(100, 1), 0, 100);
                    connection.tryClaim(100, claim);
                    connection.offer(bytes(100, 3), 0, 100);
                    claim.buffer().putBytes(claim.offset(), bytes(100, 2), 0, 100);
                    claim.commit();
                    connection.offer(bytes(100, 4), 0, 100);
                    sent.complete(null);
                }
            }
        });
        offer(pair.client, bytes(1, 0));
        sent.get(10, TimeUnit.SECONDS);
        for (int i = 1; i <= 4; i++) {
            assertThat(take(pair.client)).isEqualTo(bytes(100, i));
        }
    }

    @Test
    void shouldNeverHoldMoreThanItsWindowsForASlowReceiver() throws Exception {
        Pair pair = pair(context -> context.maxMessageLength(1000).messageWindow(100));
        UnsafeBuffer message = bytes(1000, 1);
        int accepted = 0;
        for (int i = 0; i < 100_000; i++) {
            accepted += pair.client.offer(message, 0, 1000) >= 0 ? 1 : 0;
        }
        assertThat(accepted).isEqualTo(100);
        assertThat(pair.client.state()).isEqualTo(ConnectionState.ACTIVE);
    }

    @Test
    void shouldGoOnWhateverAProgramsCallbacksThrow() throws Exception {
        Pair pair = pair();
        Region local = acquire(pair.clientPool, 10);
        RemoteRegion remote = pair.server.expose(acquire(pair.serverPool, 10), Access.READ);
        AtomicInteger called = new AtomicInteger();
        pair.client.listener(new ConnectionListener() {
            @Override
            public void onReadable(Connection connection) {
                called.incrementAndGet();
                Thread.currentThread().interrupt();
                throw new AssertionError("of the program");
            }

            @Override
            public long onTimer(Connection connection, long nowNs) {
                called.incrementAndGet();
                throw new NoClassDefFoundError("of the program");
            }
        });
        pair.client.wakeAt(pair.client.nanoClock().getAsLong());
        offer(pair.server, bytes(1, 1));
        pair.client.whenWritable(() -> {
            called.incrementAndGet();
            throw new StackOverflowError("of the program");
        });
        pair.client.read(remote, 0, local, 0, 10, 1, (id, cause) -> {
            called.incrementAndGet();
            throw new AssertionError("of the program");
        });
        await().untilAsserted(() -> assertThat(called).hasValue(4));
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        await().until(() -> {
            pair.client.whenWritable(
                    () -> interrupted.complete(Thread.currentThread().isInterrupted()));
            return interrupted.isDone();
        });
        CompletableFuture<Void> again = new CompletableFuture<>();
        pair.client.read(remote, 0, local, 0, 10, 1, (id, cause) -> again.complete(null));
        again.get(10, TimeUnit.SECONDS);
        await().untilAsserted(() -> {
            CompletableFuture<Boolean> still = new CompletableFuture<>();
            pair.client.whenWritable(() -> still.complete(Thread.currentThread().isInterrupted()));
            assertThat(still.get(10, TimeUnit.SECONDS)).isFalse();
        });
    }

    @Test
    void shouldCloseWhatAnAcceptHandlerRefusesByAnyException() throws Exception {
        Pair pair = pair();
        Listener listener = pair.serverTransport.listen(fixture.anyAddress(), connection -> {
            throw new AssertionError("of the program");
        });
        Connection refused = pair.clientTransport.connect(listener.address()).get(10, TimeUnit.SECONDS);
        assertThat(refused.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.CLOSED);
        offer(pair.client, bytes(5, 5));
        assertThat(take(pair.server)).isEqualTo(bytes(5, 5));
    }

    @Test
    void shouldTakeATimeoutOfAnyLength() throws Exception {
        Pair pair = pair();
        Duration longest = Duration.ofSeconds(Long.MAX_VALUE);
        Connection made =
                pair.clientTransport.connect(pair.listener.address(), longest).get(10, TimeUnit.SECONDS);
        assertThat(made.state()).isEqualTo(ConnectionState.ACTIVE);
        assertThatThrownBy(() -> pair.clientTransport
                        .connect(fixture.silentAddress(), Duration.ofSeconds(-1))
                        .get(10, TimeUnit.SECONDS))
                .hasMessageContaining("transport.connect.deadline");
    }
}
