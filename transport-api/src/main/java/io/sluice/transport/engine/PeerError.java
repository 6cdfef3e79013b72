// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.TransportException;
import java.io.Serial;

/** The peer gave the connection up and said why: not to be told back to it. */
final class PeerError extends TransportException {
    @Serial
    private static final long serialVersionUID = 1L;

    PeerError(TransportException told) {
        super(told.kind(), told.code(), String.valueOf(told.getMessage()));
    }
}
