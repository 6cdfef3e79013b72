// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every transport must do while there is nothing to do. */
@Tag("T10")
public abstract class IdleContract extends ContractSupport {
    @ParameterizedTest
    @EnumSource(IdleMode.class)
    void shouldWorkWithEachIdleMode(IdleMode mode) throws Exception {
        Pair pair = pair(context -> context.idleMode(mode));
        Region source = acquire(pair.clientPool, 100_000);
        source.buffer().setMemory(0, 100_000, (byte) 1);
        Region target = acquire(pair.serverPool, 100_000);
        RemoteRegion exposed = pair.server.expose(target, Access.WRITE);
        for (int i = 0; i < 20; i++) {
            offer(pair.client, bytes(100, i));
            assertThat(take(pair.server)).isEqualTo(bytes(100, i));
            offer(pair.server, bytes(100, -i));
            assertThat(take(pair.client)).isEqualTo(bytes(100, -i));
        }
        new BlockChannel(pair.client, 10_000, 2)
                .write(source, 0, 100_000, exposed, 0)
                .get(10, TimeUnit.SECONDS);
        assertThat(target.buffer().getByte(99_999)).isEqualTo((byte) 1);
        pair.client.close();
        assertThat(pair.server.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.CLOSED);
    }

    @Test
    void shouldSpinInNoThreadByDefault() throws Exception {
        Pair pair = pair();
        offer(pair.client, bytes(100, 1));
        take(pair.server);
        long before = cpuNs();
        CompletableFuture<Void> second = new CompletableFuture<>();
        CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS).execute(() -> second.complete(null));
        second.get(10, TimeUnit.SECONDS);
        assertThat(cpuNs() - before).as("ns of CPU in a second").isLessThan(200_000_000);
        assertThat(pair.client.state()).isEqualTo(ConnectionState.ACTIVE);
    }

    /** Of all threads that transports have. */
    private static long cpuNs() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        List<Thread> own = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("sluice-"))
                .toList();
        assertThat(own).isNotEmpty();
        return own.stream()
                .mapToLong(thread -> Math.max(0, threads.getThreadCpuTime(thread.getId())))
                .sum();
    }
}
