// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import java.net.InetSocketAddress;

/** The side that answers; for one connection after the other. */
interface Server extends AutoCloseable {
    /** Opens a port for one connection. */
    InetSocketAddress open() throws Exception;

    /** Serves that connection until the client ends it. */
    Measurement serve() throws Exception;

    @Override
    void close() throws Exception;
}
