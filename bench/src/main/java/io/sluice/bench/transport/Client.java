// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import java.net.InetSocketAddress;

/** The side that asks, and measures. */
interface Client extends AutoCloseable {
    /** Connects, warms up, measures, disconnects. */
    Measurement run(InetSocketAddress server) throws Exception;

    @Override
    void close() throws Exception;
}
