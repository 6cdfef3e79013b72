// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import com.ibm.disni.verbs.IbvQP;
import com.ibm.disni.verbs.IbvRecvWR;
import com.ibm.disni.verbs.IbvSendWR;
import com.ibm.disni.verbs.IbvSge;
import com.ibm.disni.verbs.SVCPostRecv;
import com.ibm.disni.verbs.SVCPostSend;
import com.ibm.disni.verbs.SVCPostSend.RdmaMod;
import com.ibm.disni.verbs.SVCPostSend.SendWRMod;
import com.ibm.disni.verbs.SVCPostSend.SgeMod;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedList;
import java.util.List;

/**
 * A stateful call that posts a send, write or read of one contiguous piece of memory. The device has copied the request
 * when posting returns, so that one call serves all of its kind. Allocates nothing after its making.
 */
final class Request {
    private final SVCPostSend call;
    private final SendWRMod request;
    private final SgeMod element;
    private final RdmaMod remote;
    private int lastFlags;
    private int lastLength;
    private int lastKey;

    /** @param operation {@code IbvSendWR.IBV_WR_*}, which can't be changed later */
    Request(IbvQP queuePair, int operation) throws IOException {
        IbvSendWR wanted = new IbvSendWR();
        wanted.setOpcode(operation);
        wanted.setSg_list(elements(0, 0, 0));
        wanted.setNum_sge(1);
        call = queuePair.postSend(new ArrayList<>(List.of(wanted)), new ArrayList<>());
        request = call.getWrMod(0);
        element = request.getSgeMod(0);
        remote = request.getRdmaMod();
    }

    /** One element; requests take no other list. */
    @SuppressWarnings({"JdkObsolete", "NonApiType"})
    private static LinkedList<IbvSge> elements(long address, int length, int localKey) {
        IbvSge element = new IbvSge();
        element.setAddr(address);
        element.setLength(length);
        element.setLkey(localKey);
        return new LinkedList<>(List.of(element));
    }

    /** A call that posts receives: of {@code count} slots, the first of which is {@code first}. */
    static SVCPostRecv receive(IbvQP queuePair, int first, int count, long ring, int slotLength, int localKey)
            throws IOException {
        List<IbvRecvWR> wanted = new ArrayList<>(count);
        for (int slot = first; slot < first + count; slot++) {
            IbvRecvWR receive = new IbvRecvWR();
            receive.setWr_id(RequestId.ofReceive(slot));
            receive.setSg_list(elements(ring + (long) slot * slotLength, slotLength, localKey));
            receive.setNum_sge(1);
            wanted.add(receive);
        }
        return queuePair.postRecv(wanted, new ArrayList<>());
    }

    /** Which memory of the peer; of writes and reads, before {@link #post}. */
    void remote(long address, int key) {
        remote.setRemote_addr(address);
        remote.setRkey(key);
    }

    void post(long id, int flags, long address, int length, int localKey) throws IOException {
        // Each is a write to the request's memory through several objects, and most stay what they were.
        request.setWr_id(id);
        element.setAddr(address);
        if (flags != lastFlags) {
            lastFlags = flags;
            request.setSend_flags(flags);
        }
        if (length != lastLength) {
            lastLength = length;
            element.setLength(length);
        }
        if (localKey != lastKey) {
            lastKey = localKey;
            element.setLkey(localKey);
        }
        call.execute();
    }
}
