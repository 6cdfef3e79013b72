// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import java.net.InetSocketAddress;

/** An open port. Closing it (again and again, if you like) takes no new connections and leaves the accepted ones alone. */
public interface Listener extends AutoCloseable {
    /** The address bound, with the port that port 0 became. */
    InetSocketAddress address();

    @Override
    void close();
}
