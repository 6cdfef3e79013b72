// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import io.sluice.flush.protocol.MessageEndpoint;
import org.jspecify.annotations.Nullable;

/** A connection to the memnode, and what it registered as: nothing yet, a generator, or a worker. */
final class Session {
    final MessageEndpoint endpoint;

    @Nullable
    Owner generator;

    @Nullable
    String worker;

    Session(MessageEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    @Override
    public String toString() {
        return endpoint.connection().peer().toString();
    }
}
