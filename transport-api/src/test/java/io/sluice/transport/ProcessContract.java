// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.transport.TransportException.Kind;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What every transport must do when the process at the other end is killed or stopped. */
@Tag("T9")
public abstract class ProcessContract extends ContractSupport {
    private RegionPool pool;
    private Transport transport;
    private OtherProcess other;

    @BeforeEach
    void start() throws Exception {
        other = keep(fixture.startProcess());
        pool = keep(new RegionPool(Pair.CHUNK, 8 << 20));
        transport = keep(
                fixture.open(ContractPeer.context("here", fixture.patience()).regionPool(pool)));
    }

    @AfterEach
    void memoryIsBack() {
        transport.close();
        assertThat(pool.inUse()).isZero();
    }

    private Connection connect() throws Exception {
        return transport.connect(other.address()).get(60, TimeUnit.SECONDS);
    }

    private static RemoteRegion block(Connection connection) throws Exception {
        return RemoteRegion.decode(take(connection), 0);
    }

    /** Operations of every kind that the other end can't carry out at once; counts those accepted and those ended. */
    private final class Pending {
        final AtomicInteger accepted = new AtomicInteger();
        final AtomicInteger failed = new AtomicInteger();
        final AtomicInteger succeeded = new AtomicInteger();

        Pending(Connection connection, RemoteRegion block) {
            Region local = acquire(pool, ContractPeer.BLOCK);
            OperationHandler handler = (id, cause) -> (cause == null ? succeeded : failed).incrementAndGet();
            for (int i = 0; i < 20; i++) {
                count(connection.write(local, 0, ContractPeer.BLOCK, block, 0, i, handler));
                count(connection.read(block, 0, local, 0, ContractPeer.BLOCK, i, handler));
                connection.offer(bytes(1000, i), 0, 1000);
            }
            local.release();
        }

        private void count(long code) {
            accepted.addAndGet(code >= 0 ? 1 : 0);
        }
    }

    private void shouldFailAll(Connection connection, Pending pending) throws Exception {
        assertThat(connection.closed().get(20L * fixture.patience(), TimeUnit.SECONDS))
                .isEqualTo(ConnectionState.FAILED);
        assertThat(Objects.requireNonNull(connection.failure()).kind()).isEqualTo(Kind.PEER_DEAD);
        assertThat(pending.accepted).hasPositiveValue();
        assertThat(pending.failed.get() + pending.succeeded.get()).isEqualTo(pending.accepted.get());
        assertThat(connection.offer(bytes(1, 1), 0, 1)).isEqualTo(Connection.CLOSED);
        await().atMost(Duration.ofSeconds(10L * fixture.patience())).until(() -> pool.inUse() == 0);
    }

    @Test
    void shouldReachAnotherProcess() throws Exception {
        Connection connection = connect();
        RemoteRegion block = block(connection);
        Region local = acquire(pool, ContractPeer.BLOCK);
        local.buffer().setMemory(0, ContractPeer.BLOCK, (byte) 3);
        BlockChannel channel = new BlockChannel(connection, 100_000, 4);
        channel.write(local, 0, ContractPeer.BLOCK, block, 0).get(10, TimeUnit.SECONDS);
        local.buffer().setMemory(0, ContractPeer.BLOCK, (byte) 0);
        channel.read(block, 0, local, 0, ContractPeer.BLOCK).get(10, TimeUnit.SECONDS);
        assertThat(local.buffer().getByte(ContractPeer.BLOCK - 1)).isEqualTo((byte) 3);
        local.release();
        offer(connection, bytes(500, 4));
        assertThat(take(connection)).isEqualTo(bytes(500, 4));
    }

    @Test
    void shouldReportAKilledProcessAndFailWhatIsUnderWay() throws Exception {
        Connection connection = connect();
        RemoteRegion block = block(connection);
        other.pause();
        Pending pending = new Pending(connection, block);
        other.kill();
        shouldFailAll(connection, pending);
        if (!connection.path().isRdma()) { // by hardware they are done though the process stands still
            assertThat(pending.failed).hasPositiveValue();
        }
    }

    @Test
    void shouldReportAKilledProcessInTheMidstOfTraffic() throws Exception {
        Connection connection = connect();
        RemoteRegion block = block(connection);
        Pending pending = new Pending(connection, block);
        await().atMost(Duration.ofSeconds(10L * fixture.patience()))
                .pollInterval(Duration.ofMillis(1))
                .until(() -> pending.succeeded.get() > 0);
        other.kill();
        shouldFailAll(connection, pending);
    }

    @Test
    void shouldFailToConnectToAKilledProcess() throws Exception {
        connect();
        other.kill();
        TransportException failure = failureOf(transport.connect(other.address(), Duration.ofSeconds(2)));
        assertThat(failure.kind()).isIn(Kind.CONNECT_FAILED, Kind.TIMED_OUT);
    }

    @Test
    void shouldTakeAStoppedProcessForDeadAfterThePeerTimeout() throws Exception {
        Connection connection = connect();
        RemoteRegion block = block(connection);
        other.pause();
        long start = System.nanoTime();
        Pending pending = new Pending(connection, block);
        shouldFailAll(connection, pending);
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(1200L * fixture.patience()), Duration.ofSeconds(10L * fixture.patience()));
        other.resume();
        Connection again = connect();
        assertThat(block(again).epoch()).isNotEqualTo(block.epoch());
    }

    @Test
    void shouldGoOnWithAProcessThatWasStoppedForAWhile() throws Exception {
        Connection connection = connect();
        RemoteRegion block = block(connection);
        other.pause();
        Pending pending = new Pending(connection, block);
        CompletableFuture<Void> awhile = new CompletableFuture<>();
        CompletableFuture.delayedExecutor(500, TimeUnit.MILLISECONDS).execute(() -> awhile.complete(null));
        awhile.get(10, TimeUnit.SECONDS);
        other.resume();
        await().atMost(Duration.ofSeconds(30L * fixture.patience()))
                .until(() -> pending.succeeded.get() == pending.accepted.get());
        assertThat(pending.failed).hasValue(0);
        assertThat(connection.state()).isEqualTo(ConnectionState.ACTIVE);
        UnsafeBuffer first = take(connection);
        assertThat(first).isEqualTo(bytes(1000, 0));
    }

    @Test
    void shouldNotConnectToAStoppedProcessForLongerThanTheDeadline() throws Exception {
        other.pause();
        long start = System.nanoTime();
        TransportException failure = failureOf(transport.connect(other.address(), Duration.ofMillis(300)));
        assertThat(failure.kind()).isEqualTo(Kind.TIMED_OUT);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        other.resume();
        assertThat(block(connect()).length()).isEqualTo(ContractPeer.BLOCK);
    }
}
