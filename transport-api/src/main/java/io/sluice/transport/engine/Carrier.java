// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.TransportException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.Consumer;

/** Where byte streams come from; what a transport implements. Used by one agent. */
public interface Carrier {
    /** The transport's name. */
    String name();

    /** Binds a port; any thread. Nothing is accepted before {@link #register}. */
    Acceptor bind(InetSocketAddress address) throws TransportException;

    /** Accepts from now on; agent only. {@code accepted} is called from {@link #poll}. */
    void register(Acceptor acceptor, Consumer<Link> accepted) throws IOException;

    /** Begins to dial; agent only. Ends in one of the events. */
    Link dial(InetSocketAddress address, LinkEvents events) throws IOException;

    /**
     * Tells of what happened; agent only.
     *
     * @param timeoutNs how long to wait for something, or for {@link #wakeup}; 0 not to wait
     * @return how much was told
     */
    int poll(long timeoutNs) throws IOException;

    /** Ends the present wait of {@link #poll}, or else the next one; any thread. */
    void wakeup();

    /** Closes every link and acceptor; agent only, and last. */
    void close();
}
