// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.PeerClass;
import io.sluice.transport.TransportException;
import io.sluice.transport.wire.PathOffer;

/**
 * Where {@link DataPath}s come from: over RDMA, a device. Belongs to one transport, is made and given its {@link
 * io.sluice.transport.TransportContext} by whoever opens that, and registers all memory when it is made, the region pool's
 * slabs once for each class of peers. Used by the agent only.
 */
public interface DataPathProvider {
    /** The name that connections show: {@code rdma}. */
    String name();

    /**
     * Begins. {@code wakeup} ends the agent's wait; any thread may run it. In blocking mode (see {@link
     * io.sluice.transport.TransportContext#idleMode()} and {@code invokerMode()}) the provider's own threads wait for the
     * device and run it; in spinning and invoker modes none waits for completions, which {@link #poll} finds.
     */
    void start(Runnable wakeup);

    /**
     * Prepares the listening end for one peer, and makes its offer with a fresh cookie.
     *
     * @param given what the peer may do with which of this side's slabs
     * @throws TransportException {@code BUSY} where all message rings are in use, {@code RESOURCES} where the device
     *     refuses: the connection then stays on its stream
     */
    DataPath listen(PeerClass given, DataPathEvents events) throws TransportException;

    /**
     * Connects to a peer's offer and sends its cookie; ends in {@link DataPathEvents#onReady} or {@link
     * DataPathEvents#onBroken}. The engine keeps the deadline and closes the path at it.
     *
     * @throws TransportException as {@link #listen}; {@code PROTOCOL} where the offer makes no sense
     */
    DataPath dial(PathOffer offer, PeerClass given, DataPathEvents events) throws TransportException;

    /**
     * Takes completions and connection events and tells of them; never waits.
     *
     * @return how much there was
     */
    int poll();

    /**
     * The agent is about to wait: from now on the next completion or event runs {@code wakeup}.
     *
     * @return false where there is something already: {@link #poll} instead of waiting
     */
    boolean arm();

    /**
     * Destroys everything, whatever is still open, tells each path's {@link DataPathEvents#onClosed}, and joins its
     * threads; within a few seconds. Last, on the agent.
     */
    void close();
}
