// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import com.ibm.disni.verbs.IbvCQ;
import com.ibm.disni.verbs.IbvQP;
import com.ibm.disni.verbs.IbvSendWR;
import com.ibm.disni.verbs.IbvWC;
import com.ibm.disni.verbs.SVCPollCq;
import com.ibm.disni.verbs.SVCPostRecv;
import com.ibm.disni.verbs.SVCReqNotify;
import java.io.IOException;
import java.util.Arrays;

/**
 * The stateful calls of a queue pair in one domain: their memory is laid out once, executing them allocates nothing. Bound
 * to one queue pair after the other. The agent's.
 */
final class Calls {
    static final int COMPLETIONS_PER_POLL = 64;

    private final BoundPair pair = new BoundPair();
    private final BoundQueue queue = new BoundQueue();
    private final SVCPostRecv allReceives;
    private final SVCPostRecv[] receives;
    private final IbvWC[] completions = new IbvWC[COMPLETIONS_PER_POLL];
    private final SVCPollCq poll;
    private final SVCReqNotify notify;
    private final Request send = new Request(pair, IbvSendWR.IBV_WR_SEND);
    private final Request write = new Request(pair, IbvSendWR.IBV_WR_RDMA_WRITE);
    private final Request read = new Request(pair, IbvSendWR.IBV_WR_RDMA_READ);

    Calls(int slots, int slotLength, long ringAddress, int localKey) throws IOException {
        allReceives = Request.receive(pair, 0, slots, ringAddress, slotLength, localKey);
        receives = new SVCPostRecv[slots];
        for (int slot = 0; slot < receives.length; slot++) {
            receives[slot] = Request.receive(pair, slot, 1, ringAddress, slotLength, localKey);
        }
        Arrays.setAll(completions, i -> new IbvWC());
        poll = queue.poll(completions, COMPLETIONS_PER_POLL);
        notify = queue.reqNotification(false);
    }

    void bind(IbvQP boundPair, IbvCQ boundQueue) {
        pair.bind(boundPair);
        queue.bind(boundQueue);
    }

    void unbind() {
        pair.unbind();
        queue.unbind();
    }

    Request send() {
        return send;
    }

    Request write() {
        return write;
    }

    Request read() {
        return read;
    }

    /** Posts every slot of the ring. */
    void postReceives() throws IOException {
        allReceives.execute();
    }

    void postReceive(int slot) throws IOException {
        receives[slot].execute();
    }

    /** How many of {@link #completion} are there now; to be used before the next poll. */
    int poll() throws IOException {
        return poll.execute().getPolls();
    }

    IbvWC completion(int index) {
        return completions[index];
    }

    /** Asks for an event at the next completion. */
    void requestEvent() throws IOException {
        notify.execute();
    }
}
