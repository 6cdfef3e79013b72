// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.sluice.transport.Access;
import io.sluice.transport.IdleMode;
import io.sluice.transport.Region;
import io.sluice.transport.RegionMemory;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.engine.DataPath;
import io.sluice.transport.wire.FrameFormat;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.EnumSet;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a connection costs once it is there. */
@Tag("soft-roce")
class VerbsSteadyStateTest {
    private static final int FRAME = FrameFormat.HEADER_LENGTH + 64;
    private static final int WARM_UP = 500;
    private static final int ROUNDS = 500;

    private static void sendFrame(PathEnd from) throws TransportException {
        DataPath path = from.path();
        int at = path.claim(FRAME);
        take(at >= 0);
        path.sendBuffer().putInt(at + 4, FRAME, LITTLE_ENDIAN);
        path.commit(at, FRAME);
    }

    private static void sendNow(PathEnd from) throws TransportException {
        sendFrame(from);
        from.path().flush();
    }

    /** A write and a message there, a read, a message back. */
    private static void round(PathPair pair, RegionMemory memory) throws TransportException {
        PathEnd client = pair.client;
        long done = client.counted + 3;
        long served = pair.server.counted + 1;
        take(client.path().write(1, memory, 0, 5000, client.remote(0), client.remoteKey()));
        sendFrame(client);
        take(client.path().read(2, memory, 8192, 5000, client.remote(0), client.remoteKey()));
        client.path().flush();
        while (pair.server.counted < served) {
            pair.poll();
        }
        sendFrame(pair.server);
        pair.server.path().flush();
        while (client.counted < done) {
            pair.poll();
        }
    }

    private static void take(boolean taken) {
        if (!taken) {
            throw new AssertionError("not taken");
        }
    }

    @Test
    @Tag("T4")
    void shouldAllocateAndRegisterNothing() throws IOException {
        PathPair pair = PathPair.connected();
        RegionMemory memory = pair.client.region(1 << 20).memory();
        pair.client.counting = true;
        pair.server.counting = true;
        for (int i = 0; i < WARM_UP; i++) {
            round(pair, memory);
        }
        Integer regions = Resources.now().get("mr");
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        threads.getCurrentThreadAllocatedBytes();
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < ROUNDS; i++) {
            round(pair, memory);
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(allocated).as("bytes in %s rounds", ROUNDS).isZero();
        assertThat(Resources.now()).containsEntry("mr", regions);
        pair.disconnect();
        pair.client.counting = false;
        pair.server.counting = false;
        pair.connect(Access.READ_WRITE);
        assertThat(Resources.now()).as("nor for a new connection").containsEntry("mr", regions);
        pair.close();
    }

    /** An agent that waits, whenever it may, for longer than the test lasts. */
    private static Thread agent(PathEnd end, Semaphore wakeups, AtomicBoolean stop) {
        Thread thread = new Thread(() -> {
            try {
                while (!stop.get()) {
                    if (end.provider.poll() == 0 && end.provider.arm()) {
                        if (!wakeups.tryAcquire(60, TimeUnit.SECONDS)) {
                            return;
                        }
                        wakeups.drainPermits();
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        thread.start();
        return thread;
    }

    @Test
    void shouldBeWokenByEventsWhereItBlocks() throws Exception {
        Semaphore serverWakeups = new Semaphore(0);
        Semaphore clientWakeups = new Semaphore(0);
        PathEnd server = blocking(PathPair.SERVER, serverWakeups);
        PathEnd client = blocking(PathPair.CLIENT, clientWakeups);
        int rounds = 50;
        Semaphore reached = new Semaphore(0);
        server.onMessage = () -> sendNow(server);
        client.onMessage = () -> {
            if (client.counted < rounds) {
                sendNow(client);
            } else {
                reached.release();
            }
        };
        server.counting = true;
        client.counting = true;
        server.listen(Access.READ_WRITE);
        client.dial(server.path().offer(), Access.READ_WRITE);
        server.meet(client.path().offer());
        client.onReady = () -> sendNow(client);
        AtomicBoolean stop = new AtomicBoolean();
        Thread serverAgent = agent(server, serverWakeups, stop);
        Thread clientAgent = agent(client, clientWakeups, stop);

        assertThat(reached.tryAcquire(50, TimeUnit.SECONDS))
                .as("%s of %s round trips", client.counted, rounds)
                .isTrue();

        stop.set(true);
        serverWakeups.release();
        clientWakeups.release();
        serverAgent.join();
        clientAgent.join();
        client.close();
        server.close();
    }

    private static PathEnd blocking(String address, Semaphore wakeups) throws IOException {
        PathEnd end =
                new PathEnd(address, new TransportContext().idleMode(IdleMode.BLOCKING), EnumSet.of(Access.READ_WRITE));
        end.provider.start(wakeups::release);
        return end;
    }

    @Test
    void shouldGiveMemoryBackToItsPool() throws IOException {
        PathPair pair = PathPair.connected();
        Region region = pair.client.region(1 << 20);
        pair.client.counting = true;
        pair.server.counting = true;
        round(pair, region.memory());
        region.release();
        assertThat(pair.client.pool.inUse()).isZero();
        pair.close();
    }
}
