// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.Slice;
import io.sluice.store.base.StatefulCompactionFilterFactory;
import io.sluice.store.base.StoreException;

/** Bounds what a compaction filter or its factory gives: it travels with the job. */
final class FilterBytes {
    private FilterBytes() {}

    /** The bytes, which are the callee's now; {@code what} is the state or a report, for the error. */
    static Slice checked(String what, byte[] bytes) throws StoreException {
        if (bytes.length > StatefulCompactionFilterFactory.MAX_STATE_LENGTH) {
            throw StoreException.invalid(
                    "compaction.filter-state",
                    what + " of a compaction filter has " + bytes.length + " bytes, at most "
                            + StatefulCompactionFilterFactory.MAX_STATE_LENGTH + " travel with a job: keep it shorter");
        }
        return Slice.wrap(bytes);
    }
}
