// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How an agent ends. */
@Timeout(30)
class AgentTest {
    private final TransportContext context =
            new TransportContext().secret(new byte[16]).conclude();
    private final Agent agent = new Agent(context, new NoCarrier(), new DataPaths(context.rdma(), null, ""));

    /** Nothing ever comes. */
    private static final class NoCarrier implements Carrier {
        @Override
        public String name() {
            return "none";
        }

        @Override
        public Acceptor bind(InetSocketAddress address) throws TransportException {
            throw new UnsupportedOperationException();
        }

        @Override
        public void register(Acceptor acceptor, Consumer<Link> accepted) {}

        @Override
        public Link dial(InetSocketAddress address, LinkEvents events) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int poll(long timeoutNs) {
            return 0;
        }

        @Override
        public void wakeup() {}

        @Override
        public void close() {}
    }

    @Test
    void shouldNotWaitForCommandsOfTheEndThatWaitForTheCaller() throws Exception {
        Object lock = new Object();
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch held = new CountDownLatch(1);
        AtomicInteger ran = new AtomicInteger();
        agent.execute(() -> {
            running.countDown();
            await(held);
            synchronized (lock) { // as a program's callback that sends a call
                ran.incrementAndGet();
            }
        });
        Thread ending = new Thread(agent::end, "ending");
        Thread calling = new Thread(
                () -> {
                    synchronized (lock) { // as a program's call, which holds its lock while it submits
                        held.countDown();
                        await(running);
                        agent.execute(ran::incrementAndGet);
                    }
                },
                "calling");
        ending.start();
        await(running);
        calling.start();
        calling.join(10_000);
        ending.join(10_000);
        assertThat(calling.isAlive() || ending.isAlive()).as("deadlock").isFalse();
        assertThat(ran).hasValue(2);
        agent.execute(ran::incrementAndGet);
        assertThat(ran).hasValue(3);
    }

    @Test
    void shouldRunEveryCommandOnceThatRacesWithItsEnd() throws Exception {
        AtomicInteger ran = new AtomicInteger();
        int perThread = 20_000;
        Thread[] threads = new Thread[3];
        for (int t = 0; t < threads.length; t++) {
            threads[t] = new Thread(() -> {
                for (int i = 0; i < perThread; i++) {
                    agent.execute(ran::incrementAndGet);
                }
            });
            threads[t].start();
        }
        agent.end();
        for (Thread thread : threads) {
            thread.join(10_000);
        }
        assertThat(ran).hasValue(threads.length * perThread);
    }

    @Test
    void shouldRunCommandsThatCommandsAskForAfterItsEnd() {
        agent.end();
        AtomicInteger ran = new AtomicInteger();
        agent.execute(() -> agent.execute(ran::incrementAndGet));
        assertThat(ran).hasValue(1);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
