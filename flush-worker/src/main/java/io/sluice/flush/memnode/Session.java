// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.transport.ConnectionPath;
import io.sluice.transport.ConnectionState;
import java.util.Objects;
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

    /** The worker that it registered as. */
    String workerId() {
        return Objects.requireNonNull(worker, "not a worker's");
    }

    /** What its data go by. */
    ConnectionPath path() {
        return endpoint.connection().path();
    }

    /** Whether its peer can be reached, as far as is known. */
    boolean isConnected() {
        return endpoint.connection().state() == ConnectionState.ACTIVE;
    }

    @Override
    public String toString() {
        return endpoint.connection().peer().toString();
    }
}
