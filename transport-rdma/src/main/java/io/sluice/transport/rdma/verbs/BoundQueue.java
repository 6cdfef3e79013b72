// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import com.ibm.disni.verbs.IbvCQ;
import com.ibm.disni.verbs.impl.NatIbvCQ;
import java.io.IOException;

/** Stands for whichever completion queue it is bound to; as {@link BoundPair}. */
final class BoundQueue extends NatIbvCQ {
    private static final long UNBOUND = 0;

    private long bound = UNBOUND;

    BoundQueue() throws IOException {
        super(UNBOUND, null, null, 0);
    }

    void bind(IbvCQ queue) {
        bound = ((NatIbvCQ) queue).getObjId();
    }

    /** Polling it from now on fails with an exception. */
    void unbind() {
        bound = UNBOUND;
    }

    @Override
    public long getObjId() {
        return bound;
    }
}
