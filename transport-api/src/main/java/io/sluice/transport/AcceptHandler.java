// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

/** Told of each connection that a listener negotiated. */
@FunctionalInterface
public interface AcceptHandler {
    /**
     * A peer is connected and proven. Set {@link Connection#listener(ConnectionListener)} here to miss nothing. Where
     * this throws, the connection is closed.
     */
    void onAccept(Connection connection);
}
