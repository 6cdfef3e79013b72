// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.transport.Access;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionListener;
import io.sluice.transport.Listener;
import io.sluice.transport.MessageHandler;
import io.sluice.transport.Region;
import io.sluice.transport.RegionPool;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.agrona.BitUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** The side that answers, over a transport: echoes messages, or drops them, or has blocks written to its memory. */
final class SluiceServer implements Server, ConnectionListener {
    private static final int CHUNK_LENGTH = 1 << 20;
    private static final int MESSAGES_A_POLL = 64;

    private final Load load;
    private final @Nullable RegionPool pool;
    private final Cycle cycle;
    private final MessageHandler handler;
    private final UnsafeBuffer kept = new UnsafeBuffer(new byte[0]);
    private CompletableFuture<Connection> accepted = new CompletableFuture<>();
    private SinceWarm counter;
    private @Nullable Listener listener;
    private @Nullable Connection connection;
    private boolean keeps;

    SluiceServer(Transports kind, Load load) throws Exception {
        this.load = load;
        this.pool = load.mode.isOneSided() ? poolFor(load) : null;
        this.handler = load.mode.isLatency() ? this::echo : this::drop;
        this.counter = new SinceWarm(load);
        TransportContext context = new TransportContext().name("server");
        if (pool != null) {
            context.regionPool(pool);
        }
        this.cycle = new Cycle(kind, load, context);
    }

    /** Memory for one block. */
    static RegionPool poolFor(Load load) throws TransportException {
        long wanted =
                load.mode == Mode.SHIP ? (long) load.chunks() * BitUtil.align(load.chunk(), CHUNK_LENGTH) : load.size();
        return new RegionPool(CHUNK_LENGTH, wanted);
    }

    @Override
    public InetSocketAddress open() throws Exception {
        accepted = new CompletableFuture<>();
        counter = new SinceWarm(load);
        listener = cycle.transport().listen(new InetSocketAddress(load.host, 0), opened -> {
            connection = opened;
            counter.start();
            opened.listener(this);
            accepted.complete(opened);
        });
        return listener.address();
    }

    @Override
    public Measurement serve() throws Exception {
        Connection opened = cycle.await(accepted);
        Objects.requireNonNull(listener).close();
        List<Region> regions = pool == null ? List.of() : regions(load, pool);
        if (!regions.isEmpty()) {
            sendDescriptors(opened, regions);
        }
        cycle.await(opened.closed());
        regions.forEach(Region::release);
        return counter.result();
    }

    /** One for the whole block, or one for each operation. */
    static List<Region> regions(Load load, RegionPool pool) {
        List<Region> regions = new ArrayList<>();
        int length = load.mode == Mode.SHIP ? Math.min(load.chunk(), load.size()) : load.size();
        for (long at = 0; at < load.size(); at += length) {
            regions.add(Objects.requireNonNull(pool.tryAcquire(length)));
        }
        return regions;
    }

    private static void sendDescriptors(Connection to, List<Region> regions) throws TransportException {
        UnsafeBuffer message = new UnsafeBuffer(new byte[regions.size() * RemoteRegion.ENCODED_LENGTH]);
        for (int i = 0; i < regions.size(); i++) {
            to.expose(regions.get(i), Access.WRITE).encode(message, i * RemoteRegion.ENCODED_LENGTH);
        }
        if (to.offer(message, 0, message.capacity()) < 0) {
            throw new IllegalStateException("could not send the first message");
        }
    }

    @Override
    public void onReadable(Connection from) {
        pump();
    }

    /** Takes messages as long as they can be answered. */
    private void pump() {
        Connection from = Objects.requireNonNull(connection);
        int taken;
        do {
            if (keeps && !answer(kept, 0, kept.capacity())) {
                from.whenWritable(this::pump);
                return;
            }
            keeps = false;
            taken = from.poll(handler, load.mode.isLatency() ? 1 : MESSAGES_A_POLL);
        } while (taken > 0);
    }

    private void echo(DirectBuffer buffer, int offset, int length) {
        if (!answer(buffer, offset, length)) {
            byte[] copy = new byte[length];
            buffer.getBytes(offset, copy);
            kept.wrap(copy);
            keeps = true;
        }
        counter.count();
    }

    private boolean answer(DirectBuffer buffer, int offset, int length) {
        return Objects.requireNonNull(connection).offer(buffer, offset, length) != Connection.BACK_PRESSURED;
    }

    private void drop(DirectBuffer buffer, int offset, int length) {
        counter.count();
    }

    @Override
    public void close() {
        cycle.close();
        if (pool != null) {
            pool.close();
        }
    }
}
