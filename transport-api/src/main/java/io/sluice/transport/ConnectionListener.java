// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

/**
 * What a connection tells the one who polls it, on the transport's agent. Exceptions thrown from here are logged. For
 * the connection's end see {@link Connection#closed()}.
 */
public interface ConnectionListener {
    /** Messages wait to be polled. Repeated only when new ones arrive. */
    default void onReadable(Connection connection) {}

    /**
     * A time asked for by {@link Connection#wakeAt} has come.
     *
     * @param nowNs the transport's nano clock
     * @return when to be called next on that clock, or {@link Long#MAX_VALUE}
     */
    default long onTimer(Connection connection, long nowNs) {
        return Long.MAX_VALUE;
    }
}
