// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What moving payload costs: copies, which transports count in their own ways, and garbage of both ends, run by one thread. */
@Tag("T5")
public abstract class PayloadContract {
    private static final int OPERATION = 1 << 20;
    private static final int MESSAGE = 64;
    /** Compiling may move an object to the heap for a while; what an operation allocates is there in each run. */
    private static final int RUNS = 20;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final int blockLength;
    private final int pieceLength;
    private final int operationsPerRun;
    private final RegionPool pool;
    private @Nullable Ends ends;
    private int told;

    private record Ends(Transport server, Transport client, Connection here, Connection there) {}

    /**
     * @param blockLength of what is written and read whole, a multiple of 1 MiB
     * @param pieceLength of an operation whose garbage is counted
     * @param operationsPerRun such operations whose garbage is counted together
     */
    protected PayloadContract(int blockLength, int pieceLength, int operationsPerRun) throws TransportException {
        this.blockLength = blockLength;
        this.pieceLength = pieceLength;
        this.operationsPerRun = operationsPerRun;
        this.pool = new RegionPool(OPERATION, 2L * blockLength);
    }

    /** Opens the end that listens. */
    protected abstract Transport openServer(TransportContext context) throws Exception;

    /** Opens the end that connects, and writes and reads. */
    protected abstract Transport openClient(TransportContext context) throws Exception;

    /** The memory of both ends. */
    protected final RegionPool pool() {
        return pool;
    }

    /** Checks the copies of a block that was written. */
    protected abstract void checkWritten(int length);

    /** Checks the copies of a block that was read behind that. */
    protected abstract void checkRead(int length);

    /** Checks the copies of so many messages of so many bytes, each sent and sent back. */
    protected void checkMessages(int count, int length) {}

    /** Without heartbeats: each is a little work of its own. */
    private TransportContext context() {
        return new TransportContext()
                .secret(new byte[16])
                .regionPool(pool)
                .invokerMode(true)
                .connectTimeout(Duration.ofSeconds(50))
                .heartbeatInterval(Duration.ofHours(1))
                .peerTimeout(Duration.ofHours(3))
                .operationTimeout(Duration.ofHours(1));
    }

    @BeforeEach
    void connect() throws Exception {
        Transport server = openServer(context());
        Transport client = openClient(context());
        CompletableFuture<Connection> accepted = new CompletableFuture<>();
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        CompletableFuture<Connection> connecting =
                client.connect(server.listen(any, accepted::complete).address());
        while (!connecting.isDone() || !accepted.isDone()) {
            client.doWork();
            server.doWork();
        }
        ends = new Ends(server, client, connecting.join(), accepted.join());
    }

    @AfterEach
    void close() {
        ends().client().close();
        ends().server().close();
        pool.close();
    }

    private Ends ends() {
        return Objects.requireNonNull(ends);
    }

    private void runUntil(BooleanSupplier done) {
        Ends both = ends();
        while (!done.getAsBoolean()) {
            both.client().doWork();
            both.server().doWork();
        }
    }

    private Region acquire(int length) {
        return Objects.requireNonNull(pool.tryAcquire(length));
    }

    @Test
    void shouldNotCopyBlocks() throws Exception {
        Region source = acquire(blockLength);
        Region target = acquire(blockLength);
        byte[] bytes = new byte[blockLength];
        new Random(7).nextBytes(bytes);
        source.buffer().putBytes(0, bytes);
        RemoteRegion exposed = ends().there().expose(target, Access.READ_WRITE);
        BlockChannel channel = new BlockChannel(ends().here(), OPERATION, 4);
        CompletableFuture<Void> written = channel.write(source, 0, blockLength, exposed, 0);
        runUntil(written::isDone);
        written.join();
        byte[] found = new byte[blockLength];
        target.buffer().getBytes(0, found);
        assertThat(found).isEqualTo(bytes);
        checkWritten(blockLength);

        source.buffer().setMemory(0, blockLength, (byte) 0);
        CompletableFuture<Void> read = channel.read(exposed, 0, source, 0, blockLength);
        runUntil(read::isDone);
        read.join();
        source.buffer().getBytes(0, found);
        assertThat(found).isEqualTo(bytes);
        checkRead(blockLength);
    }

    @Test
    void shouldLeaveNoGarbagePerMessage() {
        Ends both = ends();
        UnsafeBuffer message = new UnsafeBuffer(new byte[MESSAGE]);
        MessageHandler echo = (buffer, offset, length) -> both.there().offer(buffer, offset, length);
        MessageHandler count = (buffer, offset, length) -> told++;
        both.there().listener(new ConnectionListener() {
            @Override
            public void onReadable(Connection connection) {
                connection.poll(echo, 10);
            }
        });
        both.here().listener(new ConnectionListener() {
            @Override
            public void onReadable(Connection connection) {
                connection.poll(count, 10);
            }
        });
        assertThat(garbageOf(5_000, () -> {
                    int before = told;
                    assertOffered(both.here().offer(message, 0, MESSAGE));
                    while (told == before) {
                        both.client().doWork();
                        both.server().doWork();
                    }
                }))
                .isZero();
        checkMessages(told, MESSAGE);
    }

    @Test
    void shouldLeaveNoGarbagePerOneSidedOperation() throws Exception {
        Ends both = ends();
        Region local = acquire(2 * pieceLength);
        RemoteRegion exposed = both.there().expose(acquire(2 * pieceLength), Access.READ_WRITE);
        OperationHandler count = (id, cause) -> told++;
        assertThat(garbageOf(operationsPerRun, () -> {
                    int before = told;
                    assertOffered(both.here().write(local, 0, pieceLength, exposed, 0, 1, count));
                    assertOffered(both.here().read(exposed, pieceLength, local, pieceLength, pieceLength, 2, count));
                    while (told < before + 2) {
                        both.client().doWork();
                        both.server().doWork();
                    }
                }))
                .isZero();
    }

    /** Bytes allocated by one of many, in the run that allocates least. */
    private static long garbageOf(int perRun, Runnable operation) {
        long least = Long.MAX_VALUE;
        for (int run = 0; run < RUNS && least > 0; run++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < perRun; i++) {
                operation.run();
            }
            least = Math.min(least, (THREADS.getCurrentThreadAllocatedBytes() - before) / perRun);
        }
        return least;
    }

    private static void assertOffered(long position) {
        if (position < 0) {
            throw new AssertionError("not taken: " + position);
        }
    }
}
