// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import io.sluice.flush.protocol.FlushMessage.Refusal;
import java.io.IOException;

/** A peer answered a request with a {@link Refusal}. */
public final class RefusedException extends IOException {
    private static final long serialVersionUID = 1;

    private final RefusalReason reason;

    /** The refusal of a peer. */
    RefusedException(String peer, Refusal refusal) {
        super(peer + " refused: " + refusal.reason() + ": " + refusal.message() + " [flush.refused]");
        this.reason = refusal.reason();
    }

    /** Why it refused. */
    public RefusalReason reason() {
        return reason;
    }
}
