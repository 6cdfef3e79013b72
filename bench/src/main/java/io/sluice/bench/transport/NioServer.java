// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The side that answers, with nothing but a socket: sends back what it reads, or drops it. */
final class NioServer implements Server {
    private static final int BUFFER_LENGTH = 256 * 1024;

    private final Load load;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_LENGTH);
    private final boolean selecting;
    private @Nullable ServerSocketChannel port;

    NioServer(Load load, boolean selecting) {
        this.load = load;
        this.selecting = selecting;
    }

    @Override
    public InetSocketAddress open() throws IOException {
        port = ServerSocketChannel.open().bind(new InetSocketAddress(load.host, 0));
        return (InetSocketAddress) port.getLocalAddress();
    }

    @Override
    public Measurement serve() throws IOException {
        SinceWarm counter = new SinceWarm(load);
        try (ServerSocketChannel open = Objects.requireNonNull(port);
                NioSocket socket = new NioSocket(open.accept(), load, load.idle == Idle.BLOCKING, selecting)) {
            counter.start();
            int partial = 0;
            for (int count = socket.read(buffer.clear()); count >= 0; count = socket.read(buffer.clear())) {
                buffer.flip();
                if (load.mode.isLatency()) {
                    socket.write(buffer);
                }
                for (partial += count; partial >= load.size(); partial -= load.size()) {
                    counter.count();
                }
            }
        }
        return counter.result();
    }

    @Override
    public void close() throws IOException {
        if (port != null) {
            port.close();
        }
    }
}
