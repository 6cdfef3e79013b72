// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import com.ibm.disni.verbs.IbvQP;
import com.ibm.disni.verbs.impl.NatIbvQP;
import java.io.IOException;

/**
 * Stands for whichever queue pair it is bound to, so that stateful verb calls, each of which has memory outside the heap,
 * outlive queue pairs. The agent's.
 */
final class BoundPair extends NatIbvQP {
    private static final long UNBOUND = 0;

    private long bound = UNBOUND;

    BoundPair() throws IOException {
        super(UNBOUND, null);
    }

    void bind(IbvQP queuePair) {
        bound = ((NatIbvQP) queuePair).getObjId();
    }

    /** What is posted from now on fails with an exception. */
    void unbind() {
        bound = UNBOUND;
    }

    @Override
    public long getObjId() {
        return bound;
    }
}
