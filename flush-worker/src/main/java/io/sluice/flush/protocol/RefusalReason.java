// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import io.sluice.store.base.StoreException;

/** Why a peer said no. Its {@link #id} is on the wire and never changes. */
public enum RefusalReason {
    /** No memory or slot free now: go elsewhere or come again. */
    BUSY(1),
    /** No worker is registered and alive. */
    NO_WORKER(2),
    /** Every worker carries more load than the generator would: flush locally. */
    GENERATOR_LESS_LOADED(3),
    /** The grant, assignment or token is not, or no longer, known. */
    UNKNOWN(4),
    /** The peer has not registered on this connection. */
    NOT_REGISTERED(5),
    /** The request cannot succeed as it is, here or elsewhere. */
    INVALID(6),
    /** The peer is shutting down. */
    STOPPING(7);

    private final short id;

    RefusalReason(int id) {
        this.id = (short) id;
    }

    short id() {
        return id;
    }

    static RefusalReason of(short id) throws StoreException {
        for (RefusalReason reason : values()) {
            if (reason.id == id) {
                return reason;
            }
        }
        throw ProtocolError.malformed("unknown refusal reason " + id);
    }
}
