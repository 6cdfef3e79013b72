// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.sluice.transport.Access;
import io.sluice.transport.BlockChannel;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionListener;
import io.sluice.transport.MessageHandler;
import io.sluice.transport.OperationHandler;
import io.sluice.transport.Region;
import io.sluice.transport.RegionPool;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.engine.EngineTransport;
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

/** What moving payload costs: copies, and garbage of both ends, which one thread runs here. */
@Tag("T5")
@Timeout(60)
class TcpPayloadTest {
    private static final int BLOCK = 16 << 20;
    private static final int OPERATION = 1 << 20;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final RegionPool pool;
    private final CountingCarrier counts;
    private final Transport server;
    private final Transport client;
    private final Connection here;
    private final Connection there;
    private int told;

    TcpPayloadTest() throws Exception {
        pool = new RegionPool(OPERATION, 2L * BLOCK);
        TransportContext context = context();
        counts = new CountingCarrier(new TcpCarrier(context.nanoClock(), true), pool);
        server = new EngineTransport(context, counts);
        client = TcpTransport.open(context());
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

    private Region acquire() {
        return Objects.requireNonNull(pool.tryAcquire(BLOCK));
    }

    @Test
    void shouldLeaveCopyingBlocksToTheKernel() throws Exception {
        Region source = acquire();
        Region target = acquire();
        byte[] bytes = new byte[BLOCK];
        new Random(7).nextBytes(bytes);
        source.buffer().putBytes(0, bytes);
        RemoteRegion exposed = there.expose(target, Access.READ_WRITE);
        BlockChannel channel = new BlockChannel(here, OPERATION, 4);
        CompletableFuture<Void> written = channel.write(source, 0, BLOCK, exposed, 0);
        runUntil(written::isDone);
        byte[] found = new byte[BLOCK];
        target.buffer().getBytes(0, found);
        assertThat(found).isEqualTo(bytes);
        // The first fragment's beginning comes with its header, before anybody knows where it belongs.
        assertThat(counts.readElsewhere).isLessThan(BLOCK / 100);
        assertThat(counts.readToSlabs).isGreaterThan(BLOCK / 100 * 99);

        long writtenElsewhere = counts.writtenElsewhere;
        CompletableFuture<Void> read = channel.read(exposed, 0, source, 0, BLOCK);
        runUntil(read::isDone);
        assertThat(counts.writtenFromSlabs).isEqualTo(BLOCK);
        assertThat(counts.writtenElsewhere - writtenElsewhere).isLessThan(BLOCK / 1000);
    }

    /** Bytes allocated by one of many. */
    private long garbageOf(int warmUp, int count, Runnable operation) {
        for (int i = 0; i < warmUp; i++) {
            operation.run();
        }
        long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < count; i++) {
            operation.run();
        }
        return (THREADS.getCurrentThreadAllocatedBytes() - before) / count;
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
        assertThat(garbageOf(5_000, 20_000, () -> {
                    int before = told;
                    assertOffered(here.offer(message, 0, 64));
                    while (told == before) {
                        client.doWork();
                        server.doWork();
                    }
                }))
                .isZero();
    }

    private static void assertOffered(long position) {
        if (position < 0) {
            throw new AssertionError("not taken: " + position);
        }
    }

    @Test
    void shouldLeaveNoGarbagePerOneSidedOperation() throws Exception {
        Region local = acquire();
        RemoteRegion exposed = there.expose(acquire(), Access.READ_WRITE);
        OperationHandler count = (id, cause) -> told++;
        assertThat(garbageOf(300, 300, () -> {
                    int before = told;
                    assertOffered(here.write(local, 0, OPERATION, exposed, 0, 1, count));
                    assertOffered(here.read(exposed, OPERATION, local, OPERATION, OPERATION, 2, count));
                    while (told < before + 2) {
                        client.doWork();
                        server.doWork();
                    }
                }))
                .isZero();
    }
}
