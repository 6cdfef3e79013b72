// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import com.ibm.disni.verbs.RdmaCmId;
import com.ibm.disni.verbs.RdmaEventChannel;
import com.ibm.disni.verbs.impl.NatCmaIdPrivate;
import com.ibm.disni.verbs.impl.NatRdmaEventChannel;
import java.io.IOException;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * DiSNI's event channel with another table of ids: DiSNI's own is for one thread, and forgets none. Events may be waited
 * for by one thread while another makes and destroys ids.
 */
final class EventChannel extends NatRdmaEventChannel {
    private final ConcurrentHashMap<Long, NatCmaIdPrivate> ids = new ConcurrentHashMap<>();

    private EventChannel(long handle) throws IOException {
        super(handle, 0);
    }

    static EventChannel open() throws IOException {
        return new EventChannel(((NatRdmaEventChannel) RdmaEventChannel.createEventChannel()).getObjId());
    }

    @Override
    public void addCmId(NatCmaIdPrivate id) {
        ids.put(id.getObjId(), id);
    }

    @Override
    public @Nullable NatCmaIdPrivate getCmId(long handle) {
        return ids.get(handle);
    }

    /** Destroys an id that has no queue pair any more. */
    void destroy(RdmaCmId id) throws IOException {
        ids.remove(((NatCmaIdPrivate) id).getObjId());
        id.destroyId();
    }
}
