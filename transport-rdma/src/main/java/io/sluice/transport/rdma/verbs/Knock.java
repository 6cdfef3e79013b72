// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import static com.ibm.disni.verbs.RdmaCmEvent.EventType.RDMA_CM_EVENT_DISCONNECTED;

import com.ibm.disni.verbs.RdmaCmEvent.EventType;
import io.sluice.transport.rdma.verbs.QueuePair.Completions;
import io.sluice.transport.wire.PathOffer;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A queue pair of somebody who has connected and not told yet which path's cookie it has: its first message, and within
 * half the time for connecting: whoever dials is a program that may have to load its classes first. The agent's.
 */
final class Knock implements VerbsProvider.Owner, Completions {
    private final VerbsProvider provider;
    private final QueuePair pair;
    private final long deadlineNs;
    private boolean refused;
    private @Nullable VerbsPath path;

    Knock(VerbsProvider provider, QueuePair pair, long deadlineNs) {
        this.provider = provider;
        this.pair = pair;
        this.deadlineNs = deadlineNs;
    }

    @Override
    public void onEvent(EventType event) {
        VerbsPath owner = path;
        if (owner == null) {
            refused |= event == RDMA_CM_EVENT_DISCONNECTED || VerbsProvider.isFailure(event);
        } else if (event == RDMA_CM_EVENT_DISCONNECTED) {
            owner.disconnected();
        } else if (VerbsProvider.isFailure(event)) {
            owner.broken(VerbsProvider.deviceGone(event));
        }
    }

    @Override
    public void onSent(long request) {}

    @Override
    public void onReceived(int slot, int length) {
        VerbsPath owner = path;
        if (owner != null) {
            owner.onReceived(slot, length);
        } else {
            onCookie(slot, length);
        }
    }

    private void onCookie(int slot, int length) {
        VerbsPath owner = null;
        byte[] cookie = new byte[PathOffer.COOKIE_LENGTH];
        if (length == cookie.length && !refused) {
            pair.ring().receiveBuffer().getBytes(slot * pair.ring().shape().slotLength(), cookie);
            owner = provider.waiting(cookie, pair.domain());
        }
        if (owner == null) {
            refused = true;
            return;
        }
        path = owner;
        owner.connected(pair);
        try {
            pair.repost(slot);
            owner.ready();
        } catch (IOException e) {
            owner.broken(e);
        }
    }

    @Override
    public void onFailed(int status) {
        VerbsPath owner = path;
        if (owner == null) {
            refused = true;
        } else {
            owner.onFailed(status);
        }
    }

    /** Whether it is done: the queue pair has gone to the path that waited for it, or is to be ended. */
    boolean poll(long nowNs) {
        try {
            pair.poll(this);
        } catch (IOException e) {
            VerbsPath owner = path;
            if (owner != null) {
                owner.broken(e);
            }
            refused = true;
        }
        if (path != null) {
            return true;
        }
        if (refused || nowNs - deadlineNs >= 0) {
            provider.refuse(pair);
            return true;
        }
        return false;
    }

    /** Ends it now. */
    void end() {
        provider.refuse(pair);
    }

    boolean arm() throws IOException {
        return !pair.arm();
    }
}
