// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import com.ibm.disni.verbs.IbvCQ;
import com.ibm.disni.verbs.IbvCompChannel;
import com.ibm.disni.verbs.IbvMr;
import com.ibm.disni.verbs.IbvPd;
import com.ibm.disni.verbs.IbvQP;
import com.ibm.disni.verbs.IbvQPInitAttr;
import com.ibm.disni.verbs.IbvRecvWR;
import com.ibm.disni.verbs.IbvSendWR;
import com.ibm.disni.verbs.IbvSge;
import com.ibm.disni.verbs.IbvWC;
import com.ibm.disni.verbs.RdmaCm;
import com.ibm.disni.verbs.RdmaCmEvent;
import com.ibm.disni.verbs.RdmaCmId;
import com.ibm.disni.verbs.RdmaConnParam;
import com.ibm.disni.verbs.RdmaEventChannel;
import com.ibm.disni.verbs.RdmaVerbs;
import com.ibm.disni.verbs.SVCPollCq;
import com.ibm.disni.verbs.SVCPostRecv;
import com.ibm.disni.verbs.SVCPostSend;
import com.ibm.disni.verbs.SVCRegMr;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedList;
import java.util.List;

/**
 * One end of a ping-pong over plain verbs: one message each way at a time, everything prepared before, completions polled,
 * every 32nd send signalled, messages inline where they are short. Used by one thread.
 */
final class DisniEnd implements AutoCloseable {
    /** Connection events, as rdma/rdma_cma.h numbers them. */
    private static final int ADDR_RESOLVED = 0;

    private static final int ROUTE_RESOLVED = 2;
    private static final int CONNECT_REQUEST = 4;
    private static final int ESTABLISHED = 9;

    private static final int DEADLINE_MS = 20_000;
    private static final int DEPTH = 64;
    private static final int SIGNAL_EACH = 32;
    private static final int MAX_INLINE = 128;
    private static final int SEND = 1;
    private static final int RECEIVE = 2;

    private final RdmaCmId id;
    private final IbvPd domain;
    private final IbvCompChannel channel;
    private final IbvCQ queue;
    private final List<IbvMr> regions = new ArrayList<>();
    private final IbvWC[] completions = {new IbvWC()};
    private final SVCPollCq poll;
    private final SVCPostRecv receive;
    private final SVCPostSend send;
    private final SVCPostSend sendSignalled;
    final ByteBuffer in;
    final ByteBuffer out;
    private int sends;
    /** Signalled sends whose completions are to come. */
    private int signals;

    private DisniEnd(RdmaCmId id, int length) throws IOException {
        this.id = id;
        domain = id.getVerbs().allocPd();
        channel = id.getVerbs().createCompChannel();
        queue = id.getVerbs().createCQ(channel, 2 * DEPTH, 0);
        IbvQPInitAttr wanted = new IbvQPInitAttr();
        wanted.setQp_type(IbvQP.IBV_QPT_RC);
        wanted.setSend_cq(queue);
        wanted.setRecv_cq(queue);
        wanted.cap().setMax_send_wr(DEPTH);
        wanted.cap().setMax_recv_wr(DEPTH);
        wanted.cap().setMax_inline_data(MAX_INLINE);
        IbvQP pair = id.createQP(domain, wanted);
        poll = queue.poll(completions, 1);
        in = ByteBuffer.allocateDirect(length);
        out = ByteBuffer.allocateDirect(length);
        IbvRecvWR request = new IbvRecvWR();
        request.setWr_id(RECEIVE);
        request.setSg_list(elements(register(in)));
        request.setNum_sge(1);
        receive = pair.postRecv(new ArrayList<>(List.of(request)), new ArrayList<>());
        IbvMr source = register(out);
        send = pair.postSend(new ArrayList<>(List.of(sendRequest(source, 0))), new ArrayList<>());
        sendSignalled = pair.postSend(
                new ArrayList<>(List.of(sendRequest(source, IbvSendWR.IBV_SEND_SIGNALED))), new ArrayList<>());
        receive.execute();
    }

    /** A listening id, bound to a port of its own choice. */
    static RdmaCmId listen(RdmaEventChannel events, String host) throws IOException {
        RdmaCmId listener = events.createId(RdmaCm.RDMA_PS_TCP);
        listener.bindAddr(new InetSocketAddress(host, 0));
        listener.listen(1);
        return listener;
    }

    /** Takes the connection that comes. */
    static DisniEnd accept(RdmaEventChannel events, int length) throws IOException {
        RdmaCmId accepted = await(events, CONNECT_REQUEST).getConnIdPriv();
        DisniEnd end = new DisniEnd(accepted, length);
        accepted.accept(retries());
        await(events, ESTABLISHED);
        return end;
    }

    static DisniEnd connect(RdmaEventChannel events, InetSocketAddress address, int length) throws IOException {
        RdmaCmId dialler = events.createId(RdmaCm.RDMA_PS_TCP);
        dialler.resolveAddr(null, address, DEADLINE_MS);
        await(events, ADDR_RESOLVED);
        dialler.resolveRoute(DEADLINE_MS);
        await(events, ROUTE_RESOLVED);
        DisniEnd end = new DisniEnd(dialler, length);
        dialler.connect(retries());
        await(events, ESTABLISHED);
        return end;
    }

    private static RdmaCmEvent await(RdmaEventChannel events, int expected) throws IOException {
        RdmaCmEvent event = events.getCmEvent(DEADLINE_MS);
        if (event == null || event.getEvent() != expected) {
            throw new IOException("got the connection event " + (event == null ? "none" : event.getEvent())
                    + ", expected " + expected);
        }
        event.ackEvent();
        return event;
    }

    private static RdmaConnParam retries() throws IOException {
        RdmaConnParam parameters = new RdmaConnParam();
        parameters.setRetry_count((byte) 7);
        parameters.setRnr_retry_count((byte) 7);
        return parameters;
    }

    private IbvMr register(ByteBuffer buffer) throws IOException {
        SVCRegMr call = domain.regMr(buffer, IbvMr.IBV_ACCESS_LOCAL_WRITE).execute();
        IbvMr region = call.getMr();
        call.free();
        regions.add(region);
        return region;
    }

    private static IbvSendWR sendRequest(IbvMr source, int flags) {
        IbvSendWR request = new IbvSendWR();
        request.setWr_id(SEND);
        request.setOpcode(IbvSendWR.IBV_WR_SEND);
        request.setSend_flags(source.getLength() <= MAX_INLINE ? flags | IbvSendWR.IBV_SEND_INLINE : flags);
        request.setSg_list(elements(source));
        request.setNum_sge(1);
        return request;
    }

    @SuppressWarnings({"JdkObsolete", "NonApiType"}) // requests take no other list
    private static LinkedList<IbvSge> elements(IbvMr region) {
        IbvSge element = new IbvSge();
        element.setAddr(region.getAddr());
        element.setLength(region.getLength());
        element.setLkey(region.getLkey());
        return new LinkedList<>(List.of(element));
    }

    /** Sends all of {@link #out}. */
    void send() throws IOException {
        if (++sends % SIGNAL_EACH == 0) {
            sendSignalled.execute();
            signals++;
        } else {
            send.execute();
        }
    }

    /**
     * Sends all of {@link #out} and waits until the peer has it: of a connection's end nothing would be heard but by its
     * events.
     */
    void sendLast() throws IOException {
        sendSignalled.execute();
        signals++;
        while (signals > 0) {
            if (poll.execute().getPolls() > 0 && completions[0].getWr_id() == SEND) {
                signals--;
            }
        }
    }

    /** Waits for a message in {@link #in}, and makes room for the next; false at the connection's end. */
    boolean receive() throws IOException {
        while (true) {
            if (poll.execute().getPolls() == 0) {
                continue;
            }
            IbvWC completion = completions[0];
            if (completion.getStatus() != 0) {
                return false;
            }
            if (completion.getWr_id() == RECEIVE) {
                receive.execute();
                return true;
            }
            signals--;
        }
    }

    @Override
    public void close() throws IOException {
        id.disconnect();
        poll.free();
        receive.free();
        send.free();
        sendSignalled.free();
        id.destroyQP();
        queue.destroyCQ();
        channel.destroyCompChannel();
        for (IbvMr region : regions) {
            region.deregMr().execute().free();
        }
        RdmaVerbs.open().deallocPd(domain);
        id.destroyId();
    }
}
