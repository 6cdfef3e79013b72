// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** The names of what goes wrong with TLS. */
final class TlsFailures {
    /** How the JDK's engine begins to tell of an alert; it has no type for that. */
    private static final String ALERT = "Received fatal alert";

    private TlsFailures() {}

    static TransportException of(SSLException cause, InetSocketAddress peer) {
        String message = String.valueOf(cause.getMessage());
        GeneralSecurityException reason = deepest(cause);
        if (message.contains(ALERT)) {
            return new TransportException(
                    Kind.AUTHENTICATION,
                    "transport.tls.alert",
                    peer + " ended TLS: " + message
                            + ": mostly it does not accept this side's certificate; its log says why",
                    cause);
        }
        if (reason instanceof AEADBadTagException) {
            return new TransportException(
                    Kind.PROTOCOL, "transport.tls.record", "bytes from " + peer + " were changed on the way", cause);
        }
        if (reason != null || message.contains("certificate chain")) {
            return new TransportException(
                    Kind.AUTHENTICATION,
                    "transport.tls.certificate",
                    "the certificate of " + peer + " is not accepted: "
                            + (reason == null ? message : reason.getMessage())
                            + ": compare its authority with this side's, and its dates with this machine's clock",
                    cause);
        }
        return new TransportException(
                Kind.PROTOCOL, "transport.tls.protocol", "TLS with " + peer + " failed: " + message, cause);
    }

    private static @Nullable GeneralSecurityException deepest(Throwable failure) {
        GeneralSecurityException found = null;
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof GeneralSecurityException security) {
                found = security;
            }
        }
        return found;
    }

    static TransportException internal(RuntimeException cause, InetSocketAddress peer) {
        return new TransportException(
                Kind.PROTOCOL, "transport.tls.protocol", "TLS with " + peer + " failed: " + cause, cause);
    }

    static TransportException foreign(boolean dialler, InetSocketAddress peer) {
        return new TransportException(
                Kind.AUTHENTICATION,
                "transport.tls.plain",
                dialler
                        ? peer + " does not speak TLS: give it a certificate too, or this side none"
                        : "this port takes TLS only, and " + peer + " does not speak it: give it a certificate too");
    }

    static TransportException closedInHandshake(InetSocketAddress peer) {
        return new TransportException(
                Kind.CONNECT_FAILED,
                "transport.negotiation.closed",
                peer + " closed the connection during the handshake of TLS: its log may say why");
    }

    static TransportException truncated(InetSocketAddress peer) {
        return new TransportException(
                Kind.PEER_DEAD,
                "transport.tls.truncated",
                "the stream from " + peer + " ended without the end that TLS has: it was killed, or cut on the way");
    }
}
