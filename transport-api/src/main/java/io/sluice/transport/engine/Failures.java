// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.PeerIdentity;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;

/** The names of what ends a session from this side. */
final class Failures {
    private Failures() {}

    static TransportException connect(IOException cause) {
        if (cause instanceof TransportException named) {
            return named;
        }
        return new TransportException(
                Kind.CONNECT_FAILED, "transport.connect.failed", "can't connect: " + cause.getMessage(), cause);
    }

    static TransportException connectDeadline(String peer) {
        return new TransportException(
                Kind.TIMED_OUT, "transport.connect.deadline", "no connection to " + peer + " in time");
    }

    static TransportException role(PeerIdentity peer, Set<String> wanted) {
        return new TransportException(
                Kind.AUTHENTICATION,
                "transport.peer.role",
                peer + " has another role than the one wanted there, " + new TreeSet<>(wanted)
                        + ": compare the address with the peer's configuration");
    }

    static TransportException drainDeadline(Duration timeout) {
        return new TransportException(Kind.TIMED_OUT, "transport.drain.deadline", "closing took more than " + timeout);
    }

    static TransportException broken(String peer, boolean wasActive, IOException cause) {
        return new TransportException(
                wasActive ? Kind.PEER_DEAD : Kind.CONNECT_FAILED,
                "transport.link.broken",
                "connection to " + peer + " broke: " + cause.getMessage(),
                cause);
    }

    static TransportException endOfStream(String peer, boolean wasActive) {
        return wasActive
                ? new TransportException(
                        Kind.PEER_DEAD,
                        "transport.link.closed",
                        "peer " + peer + " closed the connection without a goodbye")
                : new TransportException(
                        Kind.CONNECT_FAILED,
                        "transport.negotiation.closed",
                        "peer closed the connection during negotiation");
    }

    static TransportException revoked(String peer) {
        return new TransportException(
                Kind.REVOKED, "transport.region.revoked", "peer " + peer + " has revoked the region");
    }

    static TransportException closed(String what) {
        return new TransportException(Kind.CLOSED, "transport.closed", what);
    }

    static TransportException memory(OutOfMemoryError cause) {
        return new TransportException(
                Kind.RESOURCES,
                "transport.connection.memory",
                "no memory for one more connection: " + cause.getMessage()
                        + ": raise -Xmx or -XX:MaxDirectMemorySize, or have fewer connections",
                cause);
    }

    static TransportException bug(RuntimeException cause) {
        return new TransportException(Kind.PROTOCOL, "transport.internal", "internal error: " + cause, cause);
    }
}
