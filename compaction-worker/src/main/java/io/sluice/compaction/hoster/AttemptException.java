// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.store.base.StoreException;
import java.io.IOException;

/** An attempt came to nothing, and what follows from that. */
final class AttemptException extends IOException {
    private static final long serialVersionUID = 1;

    private final FallbackReason reason;
    private final StoreException error;

    AttemptException(FallbackReason reason, StoreException error) {
        super(error.getMessage(), error);
        this.reason = reason;
        this.error = error;
    }

    AttemptException(FallbackReason reason, StoreException.Kind kind, String code, String message, Throwable cause) {
        this(reason, new StoreException(kind, code, message, cause));
    }

    FallbackReason reason() {
        return reason;
    }

    StoreException error() {
        return error;
    }
}
