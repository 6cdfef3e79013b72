// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import java.net.InetSocketAddress;

/** A bound port. */
public interface Acceptor {
    /** The address bound. */
    InetSocketAddress address();

    /** Frees the port. Idempotent; any thread. */
    void close();
}
