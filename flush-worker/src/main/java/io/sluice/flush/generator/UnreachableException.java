// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import io.sluice.transport.TransportException;
import java.io.IOException;
import java.io.Serial;

/** A memnode could not be reached, or does not let this process in. */
public final class UnreachableException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String address;
    private final TransportException failure;

    UnreachableException(String address, TransportException failure) {
        super("memnode " + address + ": " + failure.getMessage(), failure);
        this.address = address;
        this.failure = failure;
    }

    /** Which, {@code host:port}. */
    public String address() {
        return address;
    }

    /** Why. */
    public TransportException failure() {
        return failure;
    }

    /** Whether time doesn't heal it, such as that the secret is wrong. */
    public static boolean isLasting(TransportException failure) {
        return switch (failure.kind()) {
            case AUTHENTICATION, VERSION_MISMATCH, PROTOCOL -> true;
            default -> false;
        };
    }
}
