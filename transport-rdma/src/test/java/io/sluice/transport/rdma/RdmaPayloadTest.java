// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.sluice.transport.Access;
import io.sluice.transport.BlockChannel;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionListener;
import io.sluice.transport.MessageHandler;
import io.sluice.transport.OperationHandler;
import io.sluice.transport.RdmaSettings.Policy;
import io.sluice.transport.Region;
import io.sluice.transport.RegionPool;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.engine.EngineTransport;
import io.sluice.transport.tcp.TcpTransport;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What moving payload over the device costs: copies, and garbage of both ends, which one thread runs here. */
@Tag("soft-roce")
@Tag("T5")
@Timeout(300)
class RdmaPayloadTest {
    private static final int BLOCK = 8 << 20;
    private static final int OPERATION = 1 << 20;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final RegionPool pool;
    private final CountingProvider counts;
    private final Transport server;
    private final Transport client;
    private final Connection here;
    private final Connection there;
    private int told;

    RdmaPayloadTest() throws Exception {
        pool = new RegionPool(OPERATION, 2L * BLOCK);
        server = RdmaTransport.open(context());
        TransportContext context = context().conclude();
        counts = new CountingProvider(RdmaSupport.open(context));
        client = new EngineTransport(context, TcpTransport.carrier(context), counts, "");
        CompletableFuture<Connection> accepted = new CompletableFuture<>();
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        CompletableFuture<Connection> connecting =
                client.connect(server.listen(any, accepted::complete).address());
        runUntil(() -> connecting.isDone() && accepted.isDone());
        here = connecting.join();
        there = accepted.join();
    }

    /** Without heartbeats: each is a little work of its own. */
    private TransportContext context() {
        return new TransportContext()
                .secret(new byte[16])
                .regionPool(pool)
                .invokerMode(true)
                .rdma(RdmaFixture.settings(Policy.REQUIRE))
                .connectTimeout(Duration.ofSeconds(50))
                .heartbeatInterval(Duration.ofHours(1))
                .peerTimeout(Duration.ofHours(3))
                .operationTimeout(Duration.ofHours(1));
    }

    private void runUntil(BooleanSupplier done) {
        while (!done.getAsBoolean()) {
            client.doWork();
            server.doWork();
        }
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
        pool.close();
    }

    private Region acquire(int length) {
        return Objects.requireNonNull(pool.tryAcquire(length));
    }

    @Test
    void shouldLeaveMovingBlocksToTheDevice() throws Exception {
        Region source = acquire(BLOCK);
        Region target = acquire(BLOCK);
        byte[] bytes = new byte[BLOCK];
        new Random(7).nextBytes(bytes);
        source.buffer().putBytes(0, bytes);
        RemoteRegion exposed = there.expose(target, Access.READ_WRITE);
        BlockChannel channel = new BlockChannel(here, OPERATION, 4);
        CompletableFuture<Void> written = channel.write(source, 0, BLOCK, exposed, 0);
        runUntil(written::isDone);
        written.join();
        byte[] found = new byte[BLOCK];
        target.buffer().getBytes(0, found);
        assertThat(found).isEqualTo(bytes);
        assertThat(counts.writtenFromSlabs).isEqualTo(BLOCK);

        source.buffer().setMemory(0, BLOCK, (byte) 0);
        CompletableFuture<Void> read = channel.read(exposed, 0, source, 0, BLOCK);
        runUntil(read::isDone);
        read.join();
        source.buffer().getBytes(0, found);
        assertThat(found).isEqualTo(bytes);
        assertThat(counts.readToSlabs).isEqualTo(BLOCK);
        assertThat(counts.copiedToRing).as("on the way of messages").isZero();
    }

    /** Bytes allocated by many. */
    private long garbageOf(int warmUp, int count, Runnable operation) {
        for (int i = 0; i < warmUp; i++) {
            operation.run();
        }
        THREADS.getCurrentThreadAllocatedBytes();
        long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < count; i++) {
            operation.run();
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    @Test
    void shouldLeaveNoGarbagePerMessage() {
        UnsafeBuffer message = new UnsafeBuffer(new byte[64]);
        MessageHandler echo = (buffer, offset, length) -> there.offer(buffer, offset, length);
        MessageHandler count = (buffer, offset, length) -> told++;
        there.listener(new ConnectionListener() {
            @Override
            public void onReadable(Connection connection) {
                connection.poll(echo, 10);
            }
        });
        here.listener(new ConnectionListener() {
            @Override
            public void onReadable(Connection connection) {
                connection.poll(count, 10);
            }
        });
        int counted = 3000;
        assertThat(garbageOf(2000, counted, () -> {
                            int before = told;
                            assertOffered(here.offer(message, 0, 64));
                            while (told == before) {
                                client.doWork();
                                server.doWork();
                            }
                        })
                        / counted)
                .isZero();
        assertThat(counts.copiedToRing).isEqualTo((2000 + counted) * (40 + 64L));
    }

    private static void assertOffered(long position) {
        if (position < 0) {
            throw new AssertionError("not taken: " + position);
        }
    }

    @Test
    void shouldLeaveNoGarbagePerOneSidedOperation() throws Exception {
        Region local = acquire(OPERATION);
        RemoteRegion exposed = there.expose(acquire(OPERATION), Access.READ_WRITE);
        OperationHandler count = (id, cause) -> told++;
        int piece = OPERATION / 16;
        int counted = 500;
        assertThat(garbageOf(300, counted, () -> {
                            int before = told;
                            assertOffered(here.write(local, 0, piece, exposed, 0, 1, count));
                            assertOffered(here.read(exposed, piece, local, piece, piece, 2, count));
                            while (told < before + 2) {
                                client.doWork();
                                server.doWork();
                            }
                        })
                        / counted)
                .isZero();
    }
}
