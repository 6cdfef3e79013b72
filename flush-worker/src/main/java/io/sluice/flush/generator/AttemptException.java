// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import io.sluice.store.base.StoreException;
import java.io.IOException;

/** An attempt came to nothing, and what that says of those who took part. */
final class AttemptException extends IOException {
    private static final long serialVersionUID = 1;

    private final FallbackReason reason;
    private final StoreException error;
    private final Blame blame;

    /** Whom the job's next attempt avoids. */
    enum Blame {
        NOBODY,
        MEMNODE,
        WORKER,
        /** There is no next attempt: the job is for this process. */
        ALL
    }

    AttemptException(FallbackReason reason, Blame blame, StoreException error) {
        super(error.getMessage(), error);
        this.reason = reason;
        this.error = error;
        this.blame = blame;
    }

    FallbackReason reason() {
        return reason;
    }

    Blame blame() {
        return blame;
    }

    StoreException error() {
        return error;
    }
}
