// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testkit.SlicingCarrier;
import io.sluice.transport.Access;
import io.sluice.transport.Connection;
import io.sluice.transport.Listener;
import io.sluice.transport.Region;
import io.sluice.transport.RegionPool;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.engine.Carrier;
import io.sluice.transport.engine.EngineTransport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real sockets that take and give only so many bytes a call. */
@Timeout(60)
class PartialIoTest {
    private static final byte[] SECRET = new byte[16];

    private Transport open(RegionPool pool, IntSupplier slices) throws Exception {
        TransportContext context =
                new TransportContext().secret(SECRET).regionPool(pool).conclude();
        return new EngineTransport(
                context, over(new SlicingCarrier(new TcpCarrier(context.nanoClock(), true), slices)));
    }

    /** What the transport runs on, over sockets that slice. */
    Carrier over(Carrier slicing) throws Exception {
        return slicing;
    }

    /** From one length of calls that is tried to the next. */
    int prefixStep() {
        return 1;
    }

    /** Negotiates, sends messages, writes, notifies, reads, closes. */
    private void converse(IntSupplier clientSlices, IntSupplier serverSlices) throws Exception {
        try (RegionPool pool = new RegionPool(4096, 1 << 20);
                Transport server = open(pool, serverSlices);
                Transport client = open(pool, clientSlices)) {
            CompletableFuture<Connection> accepted = new CompletableFuture<>();
            Listener listener =
                    server.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), accepted::complete);
            Connection there = client.connect(listener.address()).get(10, TimeUnit.SECONDS);
            Connection here = accepted.get(10, TimeUnit.SECONDS);
            Region source = Objects.requireNonNull(pool.tryAcquire(4096));
            Region target = Objects.requireNonNull(pool.tryAcquire(4096));
            Region back = Objects.requireNonNull(pool.tryAcquire(4096));
            byte[] pattern = new byte[1000];
            new Random(7).nextBytes(pattern);
            source.buffer().putBytes(5, pattern);
            RemoteRegion exposed = here.expose(target, Access.READ_WRITE);
            CompletableFuture<Void> written = new CompletableFuture<>();
            CompletableFuture<Void> read = new CompletableFuture<>();
            there.write(source, 5, 1000, exposed, 3, 1, (id, cause) -> end(written, cause));
            there.read(exposed, 3, back, 9, 1000, 2, (id, cause) -> end(read, cause));
            List<Integer> lengths = new ArrayList<>();
            for (int length = 0; length < 50; length += 7) {
                assertThat(there.offer(new UnsafeBuffer(pattern), 0, length)).isNotNegative();
            }
            Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> {
                here.poll((buffer, offset, length) -> lengths.add(length), 10);
                return lengths.size() == 8;
            });
            assertThat(lengths).containsExactly(0, 7, 14, 21, 28, 35, 42, 49);
            written.get(10, TimeUnit.SECONDS);
            read.get(10, TimeUnit.SECONDS);
            byte[] found = new byte[1000];
            target.buffer().getBytes(3, found);
            assertThat(found).isEqualTo(pattern);
            back.buffer().getBytes(9, found);
            assertThat(found).isEqualTo(pattern);
            there.close();
            assertThat(there.closed().get(10, TimeUnit.SECONDS).name()).isEqualTo("CLOSED");
            assertThat(here.closed().get(10, TimeUnit.SECONDS).name()).isEqualTo("CLOSED");
        }
    }

    private static void end(CompletableFuture<Void> future, @org.jspecify.annotations.Nullable Exception cause) {
        if (cause == null) {
            future.complete(null);
        } else {
            future.completeExceptionally(cause);
        }
    }

    @Test
    void shouldWorkWhenEveryCallMovesOneByte() throws Exception {
        converse(() -> 1, () -> 1);
    }

    @Test
    void shouldWorkWhateverPrefixTheFirstCallsMove() throws Exception {
        for (int first = 1; first <= 130; first += prefixStep()) {
            int length = first;
            // All calls of one side stop at multiples of the length, those of the other are whole.
            converse(() -> length, () -> 1 << 20);
        }
    }

    @Test
    void shouldWorkWhenCallsMoveRandomLengths() throws Exception {
        for (long seed = 1; seed <= 20; seed++) {
            Random there = new Random(seed);
            Random here = new Random(-seed);
            converse(() -> 1 + there.nextInt(200), () -> 1 + here.nextInt(200));
        }
    }
}
