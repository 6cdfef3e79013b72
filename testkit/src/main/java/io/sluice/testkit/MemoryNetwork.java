// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.engine.EngineTransport;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A network within this process: the real engine and wire format over byte pipes, with faults on demand. Addresses are
 * ports; hosts are ignored. Safe for concurrent use.
 */
public final class MemoryNetwork {
    private static final int FIRST_PORT = 1000;

    @GuardedBy("this")
    private final Map<Integer, MemoryCarrier.Port> ports = new HashMap<>();

    @GuardedBy("this")
    private final List<MemoryPipe> pipes = new ArrayList<>();

    @GuardedBy("this")
    private int nextPort = FIRST_PORT;

    private volatile boolean blackHole;
    private volatile long corruptAt = -1;

    /** Opens a transport on this network. */
    public Transport open(TransportContext context) {
        context.conclude();
        return new EngineTransport(context, new MemoryCarrier(this));
    }

    /** Opens a transport on this network whose data go by a fabric where the peer's do too. */
    public Transport open(TransportContext context, MemoryFabric fabric) {
        context.conclude();
        return new EngineTransport(context, new MemoryCarrier(this), fabric.provider(context), "");
    }

    /** From now on what is sent vanishes, on all connections; nothing is closed. */
    public void blackHole(boolean on) {
        blackHole = on;
    }

    /**
     * Flips a bit of one byte of each direction of the connections made from now on.
     *
     * @param index which byte, from 0; negative for none
     */
    public void corruptAt(long index) {
        corruptAt = index;
    }

    /** Breaks all connections, both ends, as a crash of the network would. */
    public synchronized void cut() {
        pipes.forEach(MemoryPipe::cut);
        pipes.clear();
    }

    /** An address that takes connections and never says a word. */
    public synchronized InetSocketAddress silentAddress() {
        MemoryCarrier carrier = new MemoryCarrier(this);
        try {
            return bind(carrier, 0).address();
        } catch (TransportException e) {
            throw new IllegalStateException(e);
        }
    }

    /** An address where nobody listens. */
    public synchronized InetSocketAddress deadAddress() {
        return InetSocketAddress.createUnresolved("memory", nextPort++);
    }

    boolean isBlackHole() {
        return blackHole;
    }

    synchronized MemoryPipe newPipe() {
        MemoryPipe pipe = new MemoryPipe(this, corruptAt);
        pipes.removeIf(MemoryPipe::isClosed);
        pipes.add(pipe);
        return pipe;
    }

    /** Directions of connections that at least one end still holds open. */
    synchronized int openPipes() {
        pipes.removeIf(MemoryPipe::isClosed);
        return pipes.size();
    }

    synchronized MemoryCarrier.Port bind(MemoryCarrier carrier, int wanted) throws TransportException {
        int number = wanted == 0 ? nextPort++ : wanted;
        if (ports.containsKey(number)) {
            throw new TransportException(
                    Kind.RESOURCES, "transport.memory.bind", "can't listen on port " + number + ": it is taken");
        }
        MemoryCarrier.Port port = carrier.newPort(number);
        ports.put(number, port);
        return port;
    }

    synchronized void unbind(MemoryCarrier.Port port) {
        ports.remove(port.number(), port);
    }

    synchronized MemoryCarrier.@Nullable Port find(int number) {
        return ports.get(number);
    }
}
