// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import java.io.IOException;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/**
 * What the transport reports. The {@link #kind()} tells a program what to do; the {@link #code()} is stable across
 * versions and names the one check that failed; the message tells a person what happened, where, what was expected, what
 * was found, and what to do.
 */
public class TransportException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final Kind kind;
    private final String code;

    /** What a program can do about an error. */
    public enum Kind {
        /** The peer could not be reached: refused, unreachable, unknown host. */
        CONNECT_FAILED,
        /** A deadline passed. */
        TIMED_OUT,
        /** The peer refused the connection for a reason of its own: see the message. */
        REJECTED,
        /** No protocol version that both sides speak. */
        VERSION_MISMATCH,
        /** A side could not prove that it knows the shared secret, or who it is, or belongs to another cluster. */
        AUTHENTICATION,
        /** Bytes that break the protocol: wrong magic, length, checksum, order. */
        PROTOCOL,
        /** A remote region was addressed with a wrong key, epoch, range or right. */
        ACCESS_DENIED,
        /** The remote region was withdrawn by its owner. */
        REVOKED,
        /** Nothing was heard from the peer within the configured time, or its connection broke. */
        PEER_DEAD,
        /** The connection, listener or transport is closed or closing. */
        CLOSED,
        /** A bounded resource is used up for the moment: try again later. */
        BUSY,
        /** Memory or descriptors could not be had. */
        RESOURCES,
        /** The peer's program answered with an error. */
        REMOTE
    }

    /**
     * Creates an error.
     *
     * @param kind what a program can do about it
     * @param code stable dotted name of the failed check, such as {@code transport.frame.crc}
     * @param message what, where, expected, found, what to do
     */
    public TransportException(Kind kind, String code, String message) {
        this(kind, code, message, null);
    }

    /** As {@link #TransportException(Kind, String, String)}, with its cause. */
    public TransportException(Kind kind, String code, String message, @Nullable Throwable cause) {
        super(message.endsWith("[" + code + "]") ? message : message + " [" + code + "]", cause);
        this.kind = kind;
        this.code = code;
    }

    /** What a program can do about it. */
    public final Kind kind() {
        return kind;
    }

    /** Stable dotted name of the check that failed. */
    public final String code() {
        return code;
    }
}
