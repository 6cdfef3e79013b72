// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/** A byte stream to a peer that never blocks. Used by the agent only. */
public interface Link {
    /** Sets who is told of what happens; before the next poll. */
    void events(LinkEvents events);

    /** Takes bytes that have arrived; 0 where there are none now, -1 at the end. */
    int read(ByteBuffer target) throws IOException;

    /** Sends what is taken at once, which may be nothing, of the first {@code count} buffers. */
    long write(ByteBuffer[] sources, int count) throws IOException;

    /** Whether {@link LinkEvents#onWritable} is to be called when more can be sent. */
    void wantWrite(boolean wanted);

    /** Tells the peer that nothing more will be sent. */
    void shutdownOutput();

    /** Where the other end is. */
    InetSocketAddress remoteAddress();

    /** Ends it at once. Idempotent. */
    void close();
}
