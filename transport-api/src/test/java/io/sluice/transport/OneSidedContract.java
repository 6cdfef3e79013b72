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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What every transport must do, one-sided operations. */
@Tag("T3")
public abstract class OneSidedContract extends ContractSupport {
    private static final int FRAGMENT = 256 * 1024;

    private static CompletableFuture<Void> write(
            Connection connection, Region source, int length, RemoteRegion target, long offset) {
        CompletableFuture<Void> result = new CompletableFuture<>();
        long code = connection.write(source, 0, length, target, offset, 7, (id, cause) -> {
            if (cause != null) {
                result.completeExceptionally(cause);
            } else if (id == 7) {
                result.complete(null);
            }
        });
        assertThat(code).isNotNegative();
        return result;
    }

    private static CompletableFuture<Void> read(
            Connection connection, RemoteRegion source, long offset, Region target, int length) {
        CompletableFuture<Void> result = new CompletableFuture<>();
        long code = connection.read(source, offset, target, 0, length, 8, (id, cause) -> {
            if (cause != null) {
                result.completeExceptionally(cause);
            } else if (id == 8) {
                result.complete(null);
            }
        });
        assertThat(code).isNotNegative();
        return result;
    }

    @Test
    void shouldWriteAndReadEverySizeAroundTheLimits() throws Exception {
        Pair pair = pair();
        int max = 1 << 20;
        Region source = acquire(pair.clientPool, max);
        Region back = acquire(pair.clientPool, max);
        Region remote = acquire(pair.serverPool, max);
        RemoteRegion exposed = pair.server.expose(remote, Access.READ_WRITE);
        for (int length : new int[] {0, 1, 4095, FRAGMENT - 1, FRAGMENT, FRAGMENT + 1, 2 * FRAGMENT, max - 1, max}) {
            source.buffer().putBytes(0, bytes(max, length), 0, max);
            write(pair.client, source, length, exposed, max - length).get(10, TimeUnit.SECONDS);
            assertThat(copy(remote.buffer(), max - length, length)).isEqualTo(copy(source.buffer(), 0, length));
            read(pair.client, exposed, max - length, back, length).get(10, TimeUnit.SECONDS);
            assertThat(copy(back.buffer(), 0, length)).isEqualTo(copy(source.buffer(), 0, length));
        }
    }

    @Test
    void shouldMakeWritesVisibleBeforeALaterMessageIsDelivered() throws Exception {
        Pair pair = pair();
        int length = 700_000;
        Region source = acquire(pair.clientPool, length);
        Region remote = acquire(pair.serverPool, length);
        RemoteRegion exposed = pair.server.expose(remote, Access.WRITE);
        for (int round = 1; round <= 20; round++) {
            source.buffer().setMemory(0, length, (byte) round);
            CompletableFuture<Void> done = write(pair.client, source, length, exposed, 0);
            offer(pair.client, bytes(4, round));
            take(pair.server);
            assertThat(remote.buffer().getByte(0)).isEqualTo((byte) round);
            assertThat(remote.buffer().getByte(length - 1)).isEqualTo((byte) round);
            done.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void shouldPushBackWhenAllOperationsAreUnderWay() throws Exception {
        Pair pair = pair(context -> context.maxOperations(4));
        Region source = acquire(pair.clientPool, 1 << 20);
        RemoteRegion exposed = pair.server.expose(acquire(pair.serverPool, 1 << 20), Access.WRITE);
        AtomicInteger done = new AtomicInteger();
        int accepted = 0;
        long code = 0;
        for (int i = 0; i < 1000 && code >= 0; i++) {
            code = pair.client.write(source, 0, 1 << 20, exposed, 0, i, (id, cause) -> done.incrementAndGet());
            accepted += code >= 0 ? 1 : 0;
        }
        assertThat(code).isEqualTo(Connection.BACK_PRESSURED);
        assertThat(accepted).isGreaterThanOrEqualTo(4);
        CompletableFuture<Void> writable = new CompletableFuture<>();
        pair.client.whenWritable(() -> writable.complete(null));
        writable.get(10, TimeUnit.SECONDS);
        int expected = accepted;
        await().until(() -> done.get() == expected);
    }

    @Test
    void shouldMoveBlocksInChunksThroughBackPressure() throws Exception {
        Pair pair = pair(context -> context.maxOperations(2));
        int length = 3_000_001;
        Region source = acquire(pair.clientPool, length);
        source.buffer().putBytes(0, bytes(length, 3), 0, length);
        Region remote = acquire(pair.serverPool, length);
        RemoteRegion exposed = pair.server.expose(remote, Access.READ_WRITE);
        BlockChannel channel = new BlockChannel(pair.client, 100_000, 8);
        Region back = acquire(pair.clientPool, length);
        CompletableFuture<Void> first = channel.write(source, 0, length, exposed, 0);
        CompletableFuture<Void> second = channel.write(source, 0, length, exposed, 0);
        first.get(20, TimeUnit.SECONDS);
        second.get(20, TimeUnit.SECONDS);
        channel.read(exposed, 0, back, 0, length).get(20, TimeUnit.SECONDS);
        assertThat(copy(back.buffer(), 0, length)).isEqualTo(bytes(length, 3));
        channel.write(source, 0, 0, exposed, 0).get(20, TimeUnit.SECONDS);
    }

    @Test
    void shouldRefuseLocallyWhatTheDescriptorForbids() throws Exception {
        Pair pair = pair();
        Region local = acquire(pair.clientPool, 1000);
        Region remote = acquire(pair.serverPool, 1000);
        RemoteRegion readOnly = pair.server.expose(remote, 0, 100, Access.READ);
        OperationHandler none = (id, cause) -> {};
        assertThatThrownBy(() -> pair.client.write(local, 0, 1, readOnly, 0, 0, none))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> pair.client.read(readOnly, 100, local, 0, 1, 0, none))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> pair.client.read(readOnly, Long.MAX_VALUE, local, 0, 1, 0, none))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> pair.client.read(readOnly, 0, local, Integer.MAX_VALUE, 1, 0, none))
                .isInstanceOf(IllegalArgumentException.class);
        Region foreign = acquire(pair.serverPool, 1);
        assertThatThrownBy(() -> pair.client.read(readOnly, 0, foreign, 0, 1, 0, none))
                .isInstanceOf(IllegalArgumentException.class);
        local.release();
        assertThatThrownBy(() -> pair.client.read(readOnly, 0, local, 0, 1, 0, none))
                .isInstanceOf(IllegalStateException.class);
        assertThat(pair.client.state()).isEqualTo(ConnectionState.ACTIVE);
    }

    private void shouldBeDenied(Forgery forgery, String code) throws Exception {
        assumeTrue(fixture.checksRegions());
        Pair pair = pair();
        Pair other = pair();
        Region local = acquire(pair.clientPool, 1000);
        RemoteRegion exposed = pair.server.expose(acquire(pair.serverPool, 1000), 0, 100, Access.READ);
        CompletableFuture<Void> read = read(pair.client, forgery.of(exposed), 0, local, 10);
        TransportException failure = failureOf(read);
        assertThat(failure.kind()).isEqualTo(Kind.ACCESS_DENIED);
        assertThat(failure.code()).isEqualTo(code);
        assertThat(pair.server.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.FAILED);
        offer(other.client, bytes(5, 5));
        assertThat(take(other.server)).isEqualTo(bytes(5, 5));
    }

    private interface Forgery {
        RemoteRegion of(RemoteRegion genuine);
    }

    @Test
    @Tag("T7")
    @Tag("T8")
    void shouldFailTheConnectionOfAPeerWithAWrongKey() throws Exception {
        shouldBeDenied(
                r -> new RemoteRegion(r.regionId(), r.epoch(), r.length(), r.access(), r.keyHigh(), r.keyLow() ^ 1),
                "transport.region.key");
    }

    @Test
    @Tag("T8")
    void shouldFailTheConnectionOfAPeerWithAnUnknownRegion() throws Exception {
        shouldBeDenied(
                r -> new RemoteRegion(99, r.epoch(), r.length(), r.access(), r.keyHigh(), r.keyLow()),
                "transport.region.unknown");
    }

    @Test
    @Tag("T8")
    void shouldFailTheConnectionOfAPeerThatReadsBeyondTheRegion() throws Exception {
        shouldBeDenied(
                r -> {
                    // A descriptor that claims more; the read itself stays within the claim.
                    return new RemoteRegion(r.regionId(), r.epoch(), 1L << 40, r.access(), r.keyHigh(), r.keyLow());
                },
                "transport.region.bounds",
                95);
    }

    private void shouldBeDenied(Forgery forgery, String code, long offset) throws Exception {
        assumeTrue(fixture.checksRegions());
        Pair pair = pair();
        Region local = acquire(pair.clientPool, 1000);
        RemoteRegion exposed = pair.server.expose(acquire(pair.serverPool, 1000), 0, 100, Access.READ);
        TransportException failure = failureOf(read(pair.client, forgery.of(exposed), offset, local, 10));
        assertThat(failure.kind()).isEqualTo(Kind.ACCESS_DENIED);
        assertThat(failure.code()).isEqualTo(code);
    }

    @Test
    @Tag("T8")
    void shouldFailTheConnectionOfAPeerThatWritesWithoutTheRight() throws Exception {
        assumeTrue(fixture.checksRegions());
        Pair pair = pair();
        Region local = acquire(pair.clientPool, 1000);
        Region remote = acquire(pair.serverPool, 1000);
        RemoteRegion r = pair.server.expose(remote, Access.READ);
        RemoteRegion forged =
                new RemoteRegion(r.regionId(), r.epoch(), r.length(), Access.READ_WRITE, r.keyHigh(), r.keyLow());
        local.buffer().putByte(0, (byte) 1);
        TransportException failure = failureOf(write(pair.client, local, 10, forged, 0));
        assertThat(failure.code()).isEqualTo("transport.region.access");
        assertThat(remote.buffer().getByte(0)).isZero();
    }

    @Test
    @Tag("T8")
    void shouldAnswerStaleToADescriptorOfAnotherConnection() throws Exception {
        Pair pair = pair();
        Pair other = pair();
        RemoteRegion exposed = other.server.expose(acquire(other.serverPool, 1), Access.READ);
        Region local = acquire(pair.clientPool, 1);
        assertThat(pair.client.read(exposed, 0, local, 0, 1, 1, (id, cause) -> {}))
                .isEqualTo(Connection.STALE_REGION);
        assertThat(failureOf(new BlockChannel(pair.client, 4096, 1).read(exposed, 0, local, 0, 1))
                        .kind())
                .isEqualTo(Kind.ACCESS_DENIED);
    }

    @Test
    void shouldFailOnlyTheOperationOnARevokedRegion() throws Exception {
        Pair pair = pair();
        Region local = acquire(pair.clientPool, 600_000);
        Region remote = acquire(pair.serverPool, 600_000);
        RemoteRegion exposed = pair.server.expose(remote, Access.READ_WRITE);
        RemoteRegion kept = pair.server.expose(remote, Access.READ_WRITE);
        pair.server.revoke(exposed).get(10, TimeUnit.SECONDS);
        pair.server.revoke(exposed).get(10, TimeUnit.SECONDS);
        assertThat(failureOf(write(pair.client, local, 600_000, exposed, 0)).kind())
                .isEqualTo(Kind.REVOKED);
        assertThat(failureOf(read(pair.client, exposed, 0, local, 600_000)).kind())
                .isEqualTo(Kind.REVOKED);
        write(pair.client, local, 600_000, kept, 0).get(10, TimeUnit.SECONDS);
    }

    @Test
    void shouldKeepReleasedMemoryOutOfThePoolWhileItIsExposed() throws Exception {
        Pair pair = pair();
        Region remote = acquire(pair.serverPool, Pair.CHUNK);
        RemoteRegion exposed = pair.server.expose(remote, Access.WRITE);
        remote.release();
        assertThat(pair.serverPool.inUse()).isEqualTo(Pair.CHUNK);
        pair.server.revoke(exposed).get(10, TimeUnit.SECONDS);
        assertThat(pair.serverPool.inUse()).isZero();
        Region second = acquire(pair.serverPool, Pair.CHUNK);
        pair.server.expose(second, Access.WRITE);
        second.release();
        pair.client.close();
        await().until(() -> pair.serverPool.inUse() == 0);
    }

    @Test
    void shouldExposeNothingOfNoLengthAndKeepNoMemoryForIt() throws Exception {
        Pair pair = pair();
        Region region = acquire(pair.serverPool, Pair.CHUNK);
        assertThatThrownBy(() -> pair.server.expose(region, 5, 0, Access.READ))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> pair.server.expose(region, Pair.CHUNK, 1, Access.READ))
                .isInstanceOf(IllegalArgumentException.class);
        region.release();
        assertThat(pair.serverPool.inUse()).isZero();
    }

    @Test
    void shouldReleaseALocalRegionAtOnceAndStillWriteIt() throws Exception {
        Pair pair = pair();
        Region source = acquire(pair.clientPool, 1 << 20);
        source.buffer().setMemory(0, 1 << 20, (byte) 9);
        Region remote = acquire(pair.serverPool, 1 << 20);
        RemoteRegion exposed = pair.server.expose(remote, Access.WRITE);
        CompletableFuture<Void> done = write(pair.client, source, 1 << 20, exposed, 0);
        source.release();
        done.get(10, TimeUnit.SECONDS);
        assertThat(remote.buffer().getByte((1 << 20) - 1)).isEqualTo((byte) 9);
        await().until(() -> pair.clientPool.inUse() == 0);
    }

    @Test
    void shouldCallEveryHandlerOnceWhenCloseRacesOperations() throws Exception {
        for (int round = 0; round < 15; round++) {
            Pair pair = pair(context -> context.drainTimeout(Duration.ofSeconds(2)));
            Region local = acquire(pair.clientPool, 300_000);
            RemoteRegion exposed = pair.server.expose(acquire(pair.serverPool, 300_000), Access.READ_WRITE);
            AtomicInteger accepted = new AtomicInteger();
            AtomicInteger ended = new AtomicInteger();
            OperationHandler handler = (id, cause) -> ended.incrementAndGet();
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 2; t++) {
                boolean writer = t == 0;
                threads.add(new Thread(() -> {
                    long code = 0;
                    UnsafeBuffer message = bytes(100, 1);
                    while (code != Connection.CLOSED) {
                        code = writer
                                ? pair.client.write(local, 0, 300_000, exposed, 0, 1, handler)
                                : pair.client.read(exposed, 0, local, 0, 1000, 1, handler);
                        if (code >= 0) {
                            accepted.incrementAndGet();
                        }
                        pair.client.offer(message, 0, 100);
                    }
                }));
            }
            threads.forEach(Thread::start);
            await().pollInterval(Duration.ofMillis(1)).until(() -> ended.get() > 5);
            (round % 2 == 0 ? pair.client : pair.server).close();
            for (Thread thread : threads) {
                thread.join(10_000);
                assertThat(thread.isAlive()).isFalse();
            }
            pair.client.closed().get(10, TimeUnit.SECONDS);
            assertThat(ended.get()).isEqualTo(accepted.get());
            local.release();
            await().pollInterval(Duration.ofMillis(1)).until(() -> pair.clientPool.inUse() == 0);
            pair.close();
        }
    }

    @Test
    void shouldRoundTripADescriptorAndHideItsKey() throws Exception {
        Pair pair = pair();
        RemoteRegion exposed = pair.server.expose(acquire(pair.serverPool, 1), Access.READ_WRITE);
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[RemoteRegion.ENCODED_LENGTH]);
        exposed.encode(buffer, 0);
        assertThat(RemoteRegion.decode(buffer, 0)).isEqualTo(exposed);
        assertThat(exposed.toString()).contains("<redacted>");
        if (fixture.checksRegions()) {
            assertThat(exposed.toString()).doesNotContain(Long.toString(exposed.keyHigh()));
        }
        assertThatThrownBy(() -> RemoteRegion.decode(buffer, 1)).isInstanceOf(TransportException.class);
        buffer.putInt(24, 8);
        assertThatThrownBy(() -> RemoteRegion.decode(buffer, 0)).isInstanceOf(TransportException.class);
    }
}
