// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionListener;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RateRunTest {
    private static final int RATE = 1000;
    private static final int WARM_UP_MS = 100;
    private static final int MEASURED_MS = 400;
    private static final long STALL_MS = 150;

    /** Sends everything back, and stands still once, in the midst of what is measured. */
    private static final class StallingEcho implements ConnectionListener {
        private static final int STALL_AT = 250;

        private int taken;

        @Override
        public void onReadable(Connection from) {
            while (from.poll((buffer, offset, length) -> echo(from, buffer, offset, length), 1) > 0) {}
        }

        private void echo(Connection to, DirectBuffer buffer, int offset, int length) {
            if (++taken == STALL_AT) {
                long start = System.nanoTime();
                while (System.nanoTime() - start < TimeUnit.MILLISECONDS.toNanos(STALL_MS)) {
                    LockSupport.parkNanos(1_000_000);
                }
            }
            assertThat(to.offer(buffer, offset, length)).isPositive();
        }
    }

    /** A loop that waits for each answer would have met the stall once. */
    @Test
    @Tag("T11")
    void shouldCountTheWaitOfEachMessageThatAStallHeldUp() throws Exception {
        Load load = new Load();
        load.mode = Mode.RATE;
        load.idle = Idle.YIELDING;
        load.rate = RATE;
        load.warmUpMillis = WARM_UP_MS;
        load.millis = MEASURED_MS;
        TransportContext context = new TransportContext().name("server").secret(Cycle.SECRET);
        try (Transport server = Transports.TCP.open(load, context);
                SluiceClient client = new SluiceClient(Transports.TCP, load)) {
            InetSocketAddress address = server.listen(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                            opened -> opened.listener(new StallingEcho()))
                    .address();
            Measurement result = client.run(address);
            assertThat(result.operations()).as("none was left out").isBetween(399L, 401L);
            assertThat(result.percentileUs(100)).isGreaterThan(STALL_MS * 1000.0);
            // Of 400 messages 150 were held up, from 150 ms down to none.
            assertThat(result.percentileUs(80)).isGreaterThan(60_000.0);
            assertThat(result.percentileUs(70)).isGreaterThan(20_000.0);
        }
    }
}
