// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rpc;

import io.sluice.transport.TransportException;
import java.io.Serial;

/** The peer answered a request with an error. */
public final class RpcException extends TransportException {
    /** Status: the peer serves too many requests at the moment; kind {@code BUSY}. */
    public static final int STATUS_BUSY = -1;

    /** Status: the peer's handler threw; kind {@code REMOTE}. */
    public static final int STATUS_HANDLER_FAILED = -2;

    @Serial
    private static final long serialVersionUID = 1L;

    private final int status;

    RpcException(int status, String code, String message) {
        super(status == STATUS_BUSY ? Kind.BUSY : Kind.REMOTE, code, message);
        this.status = status;
    }

    /** The application's number for the error, or one of this class's negative ones. */
    public int status() {
        return status;
    }
}
