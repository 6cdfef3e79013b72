// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import com.ibm.disni.verbs.IbvCQ;
import com.ibm.disni.verbs.IbvQP;
import com.ibm.disni.verbs.IbvQPInitAttr;
import com.ibm.disni.verbs.IbvSendWR;
import com.ibm.disni.verbs.IbvWC;
import com.ibm.disni.verbs.RdmaCmId;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A queue pair with its connection id, completion queue and ring, all of whose slots it has posted to receive. The
 * agent's.
 *
 * <p>Ends in this order: {@link #disconnect}; completions are taken until {@link #isFlushed}, or nobody wants to wait any
 * longer; {@link #destroy}. After that the device touches no memory for it.
 */
final class QueuePair {
    private static final Logger LOG = LoggerFactory.getLogger(QueuePair.class);
    private static final int INLINE_LENGTH = 256;

    private final Device device;
    private final Domain domain;
    private final Ring ring;
    private final Calls calls;
    private final RdmaCmId id;
    private final IbvCQ queue;
    private final long sendAddress;
    private final int sendKey;
    private final int inlineLength;
    /** Slots that are to be posted again. */
    private final int[] late = new int[Ring.SPARE_SLOTS];

    private long posted;
    private long completed;
    private int receivesPosted;
    private int lateCount;
    private boolean armed;

    /** Takes all three over, where it does not throw. */
    QueuePair(Device device, Domain domain, Ring ring, RdmaCmId id) throws IOException {
        this.device = device;
        this.domain = domain;
        this.ring = ring;
        this.id = id;
        calls = ring.calls(domain);
        sendAddress = ring.sendAddress(domain);
        sendKey = ring.localKey(domain);
        queue = device.createQueue(sendDepth() + ring.slots());
        boolean made = false;
        try {
            inlineLength = create();
            made = true;
            calls.postReceives();
            receivesPosted = ring.slots();
        } catch (IOException e) {
            calls.unbind();
            if (made) {
                Device.quietly(id::destroyQP);
            }
            Device.quietly(queue::destroyCQ);
            throw e;
        }
    }

    /** Creates and binds it; how many bytes it takes inline, since some devices take none. */
    private int create() throws IOException {
        try {
            calls.bind(create(INLINE_LENGTH), queue);
            return INLINE_LENGTH;
        } catch (IOException e) {
            LOG.debug("no queue pair with {} bytes inline, so one without", INLINE_LENGTH, e);
            calls.bind(create(0), queue);
            return 0;
        }
    }

    private IbvQP create(int inline) throws IOException {
        IbvQPInitAttr wanted = new IbvQPInitAttr();
        wanted.setQp_type(IbvQP.IBV_QPT_RC);
        wanted.setSend_cq(queue);
        wanted.setRecv_cq(queue);
        wanted.cap().setMax_send_wr(sendDepth());
        wanted.cap().setMax_recv_wr(ring.slots());
        wanted.cap().setMax_inline_data(inline);
        return id.createQP(domain.handle(), wanted);
    }

    RdmaCmId id() {
        return id;
    }

    Ring ring() {
        return ring;
    }

    Domain domain() {
        return domain;
    }

    /** Requests that may be posted and not completed. */
    int sendDepth() {
        return ring.shape().depth();
    }

    /** Requests that may still be posted. */
    int sendRoom() {
        return sendDepth() - (int) (posted - completed);
    }

    /** The number that the next request will have. */
    long nextRequest() {
        return posted;
    }

    /** Sends memory of the ring. */
    void send(int offset, int length, boolean signalled) throws IOException {
        int flags = length <= inlineLength ? IbvSendWR.IBV_SEND_INLINE : 0;
        post(calls.send(), flags, sendAddress + offset, length, sendKey, signalled);
    }

    /** Writes memory to the peer's, or reads it from there. */
    void transfer(
            boolean isWrite,
            long address,
            int length,
            int localKey,
            long remoteAddress,
            int remoteKey,
            boolean signalled)
            throws IOException {
        Request request = isWrite ? calls.write() : calls.read();
        request.remote(remoteAddress, remoteKey);
        post(request, 0, address, length, localKey, signalled);
    }

    private void post(Request request, int flags, long address, int length, int localKey, boolean signalled)
            throws IOException {
        int all = signalled ? flags | IbvSendWR.IBV_SEND_SIGNALED : flags;
        request.post(posted, all, address, length, localKey);
        posted++;
    }

    /** Has a slot filled by the peer once more. */
    void repost(int slot) throws IOException {
        calls.postReceive(slot);
        receivesPosted++;
    }

    /** As {@link #repost}, at once or by {@link #repostLate}: the peer knows of none of the slots that wait. */
    void repostLater(int slot) throws IOException {
        if (lateCount == late.length) {
            repost(slot);
        } else {
            late[lateCount++] = slot;
        }
    }

    void repostLate() throws IOException {
        while (lateCount > 0) {
            lateCount--;
            repost(late[lateCount]);
        }
    }

    /** What has completed. */
    interface Completions {
        /** All requests up to this one have been done. */
        void onSent(long request);

        /** A slot was filled; its owner posts it again. */
        void onReceived(int slot, int length);

        /** A request failed, or was flushed. */
        void onFailed(int status);
    }

    /** Takes completions, some at a time; how many. */
    int poll(Completions told) throws IOException {
        int count = calls.poll();
        armed &= count == 0;
        for (int i = 0; i < count; i++) {
            IbvWC completion = calls.completion(i);
            long request = completion.getWr_id();
            int status = completion.getStatus();
            boolean isReceive = RequestId.isReceive(request);
            if (isReceive) {
                receivesPosted--;
            } else {
                // In their order: with this one are all before it, whether or not they were to be told of.
                completed = request + 1;
            }
            if (status != Status.SUCCESS) {
                told.onFailed(status);
            } else if (isReceive) {
                told.onReceived(RequestId.slot(request), completion.getByte_len());
            } else {
                told.onSent(request);
            }
        }
        return count;
    }

    /** From now on the next completion ends the wait for one; false where that was so already. */
    boolean arm() throws IOException {
        if (armed) {
            return false;
        }
        calls.requestEvent();
        armed = true;
        return true;
    }

    /** Has the device flush everything that is posted, and the peer told. */
    void disconnect() {
        try {
            id.disconnect(); // fails where the peer was faster
        } catch (IOException e) {
            LOG.debug("could not disconnect", e);
        }
    }

    /** Whether nothing is posted any more, as far as completions tell. */
    boolean isFlushed() {
        return receivesPosted == 0 && posted == completed;
    }

    @Override
    public String toString() {
        return "QueuePair{receives=" + receivesPosted + ", posted=" + posted + ", completed=" + completed + "}";
    }

    /** Gives everything back; the ring is free for another. */
    void destroy() {
        calls.unbind();
        Device.quietly(id::destroyQP);
        Device.quietly(queue::destroyCQ);
        device.destroyId(id);
    }
}
