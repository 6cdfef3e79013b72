// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a connection is made, and with whom.
 *
 * @param timeout from dialling to an active connection, at most {@link TransportContext#MAX_DURATION}; null takes {@link
 *     TransportContext#connectTimeout()}
 * @param roles of which the proven peer must have one, see {@link PeerIdentity#role()}; where there is none, any will do
 */
public record ConnectOptions(@Nullable Duration timeout, Set<String> roles) {
    /** Anybody who proves itself, within the context's time. */
    public static final ConnectOptions DEFAULT = new ConnectOptions(null, Set.of());

    /** Copies the roles. */
    public ConnectOptions {
        roles = Set.copyOf(roles);
    }

    /** With another {@link #timeout()}. */
    public ConnectOptions withTimeout(Duration value) {
        return new ConnectOptions(value, roles);
    }

    /** With other {@link #roles()}. */
    public ConnectOptions withRoles(String... values) {
        return new ConnectOptions(timeout, Set.of(values));
    }
}
