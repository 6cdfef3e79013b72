// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.TransportException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/** A byte stream to a peer that never blocks. Used by the agent only. */
public interface Link {
    /** Sets who is told of what happens; before the next poll. */
    void events(LinkEvents events);

    /**
     * Takes bytes that have arrived; 0 where there are none now, -1 at the end. Where there is room left, the caller need not
     * ask for more before it is told of it.
     */
    int read(ByteBuffer target) throws IOException;

    /** As {@link #read(ByteBuffer)}, into the second buffer what the first has no room for. */
    default long read(ByteBuffer[] targets, int count) throws IOException {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            int taken = read(targets[i]);
            if (taken < 0) {
                return sum == 0 ? taken : sum;
            }
            sum += taken;
            if (targets[i].hasRemaining()) {
                break;
            }
        }
        return sum;
    }

    /** Sends what is taken at once, which may be nothing, of the first {@code count} buffers. */
    long write(ByteBuffer[] sources, int count) throws IOException;

    /** Whether {@link LinkEvents#onWritable} is to be called when more can be sent. */
    void wantWrite(boolean wanted);

    /** Tells the peer that nothing more will be sent. */
    void shutdownOutput();

    /**
     * Refuses a peer that is not who it says; before anything else that it says is believed. A link that can't know takes
     * every peer.
     *
     * @param role what the peer says it is
     * @param name what the peer says is its name
     * @throws TransportException {@code AUTHENTICATION} where the link knows better
     */
    default void checkPeer(String role, String name) throws TransportException {}

    /** Where the other end is. */
    InetSocketAddress remoteAddress();

    /** Ends it at once. Idempotent. */
    void close();
}
