// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The program at the other end of what needs another process: to whoever connects it exposes a block, sends the
 * descriptor as its first message, and then sends back every message that comes.
 */
public final class ContractPeer implements AutoCloseable {
    /** Bytes of the block. */
    public static final int BLOCK = 1 << 20;

    private final RegionPool pool;
    private final Transport transport;
    private final InetSocketAddress address;

    /** Opens a transport; {@link TransportFixture#open} is one. */
    public interface Opener {
        /** Opens it. */
        Transport open(TransportContext context) throws TransportException;
    }

    /** Listens; {@code patience} is {@link TransportFixture#patience}. */
    public ContractPeer(Opener opener, InetSocketAddress listen, boolean invokerMode, int patience)
            throws TransportException {
        pool = new RegionPool(64 * 1024, 16L * BLOCK);
        transport = opener.open(context("peer", patience).regionPool(pool).invokerMode(invokerMode));
        address = transport.listen(listen, this::serve).address();
    }

    /** The settings of both ends; {@code patience} is {@link TransportFixture#patience}. */
    static TransportContext context(String name, int patience) {
        return Pair.context("contract", name)
                .heartbeatInterval(java.time.Duration.ofMillis(200))
                .peerTimeout(java.time.Duration.ofMillis(1500L * patience));
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return address;
    }

    /** For a process that has it run by a thread of its own. */
    Transport transport() {
        return transport;
    }

    private void serve(Connection connection) {
        Region region = Objects.requireNonNull(pool.tryAcquire(BLOCK), "no block left");
        UnsafeBuffer descriptor = new UnsafeBuffer(new byte[RemoteRegion.ENCODED_LENGTH]);
        try {
            connection.expose(region, Access.READ_WRITE).encode(descriptor, 0);
        } catch (TransportException e) {
            throw new IllegalStateException(e);
        } finally {
            region.release(); // the exposure keeps its memory
        }
        Echo echo = new Echo(connection);
        echo.waiting.add(descriptor);
        connection.listener(echo);
        echo.send();
    }

    /** Takes no further message before the last ones are sent back. */
    private static final class Echo implements ConnectionListener {
        private final Connection connection;
        private final Deque<UnsafeBuffer> waiting = new ArrayDeque<>();

        Echo(Connection connection) {
            this.connection = connection;
        }

        @Override
        public void onReadable(Connection readable) {
            send();
        }

        private void send() {
            do {
                while (!waiting.isEmpty()) {
                    UnsafeBuffer message = waiting.element();
                    long code = connection.offer(message, 0, message.capacity());
                    if (code == Connection.BACK_PRESSURED) {
                        connection.whenWritable(this::send);
                        return;
                    }
                    waiting.remove();
                }
            } while (connection.poll(this::take, 16) > 0);
        }

        private void take(DirectBuffer buffer, int offset, int length) {
            waiting.add(ContractSupport.copy(buffer, offset, length));
        }
    }

    @Override
    public void close() {
        transport.close();
        pool.close();
    }
}
