// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;

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
import com.ibm.disni.verbs.SVCRegMr;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One end of a connection of plain verbs, and what it is made of. Used by one thread. */
final class VerbsEnd implements AutoCloseable {
    static final int DEADLINE_MS = 20_000;
    static final int DEPTH = 16;

    /** Connection events, as rdma/rdma_cma.h numbers them. */
    static final int ADDR_RESOLVED = 0;

    static final int ROUTE_RESOLVED = 2;
    static final int CONNECT_REQUEST = 4;
    static final int REJECTED = 8;
    static final int ESTABLISHED = 9;
    static final int DISCONNECTED = 10;

    /** Statuses of completions, as infiniband/verbs.h numbers them. */
    static final int FLUSHED = 5;

    static final int REMOTE_ACCESS_ERROR = 10;

    /** A registered buffer. */
    record Memory(ByteBuffer buffer, IbvMr region) {
        long address() {
            return region.getAddr();
        }
    }

    private final RdmaEventChannel events;
    private final List<Memory> memories = new ArrayList<>();
    private final SVCPollCq poll;
    private final IbvWC[] completions = {new IbvWC()};
    final RdmaCmId id;
    final IbvPd domain;
    final IbvCompChannel channel;
    final IbvCQ queue;
    final IbvQP queuePair;

    private VerbsEnd(RdmaEventChannel events, RdmaCmId id) throws IOException {
        this.events = events;
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
        wanted.cap().setMax_inline_data(64);
        queuePair = id.createQP(domain, wanted);
        poll = queue.poll(completions, 1);
    }

    /** A listening id, bound to a port of its own choice. */
    static RdmaCmId listen(RdmaEventChannel events, InetSocketAddress address) throws IOException {
        RdmaCmId listener = events.createId(RdmaCm.RDMA_PS_TCP);
        listener.bindAddr(address);
        listener.listen(8);
        return listener;
    }

    /** An id that knows its way, without a queue pair yet. */
    static RdmaCmId resolve(RdmaEventChannel events, InetSocketAddress address) throws IOException {
        RdmaCmId dialler = events.createId(RdmaCm.RDMA_PS_TCP);
        dialler.resolveAddr(null, address, 2000);
        await(events, ADDR_RESOLVED);
        dialler.resolveRoute(2000);
        await(events, ROUTE_RESOLVED);
        return dialler;
    }

    static VerbsEnd of(RdmaEventChannel events, RdmaCmId id) throws IOException {
        return new VerbsEnd(events, id);
    }

    static RdmaCmEvent await(RdmaEventChannel events, int expected) throws IOException {
        RdmaCmEvent event = events.getCmEvent(DEADLINE_MS);
        assertThat(event).as("event %s within %s ms", expected, DEADLINE_MS).isNotNull();
        assertThat(event.getEvent()).as("event").isEqualTo(expected);
        event.ackEvent();
        return event;
    }

    static RdmaConnParam retries() throws IOException {
        RdmaConnParam parameters = new RdmaConnParam();
        parameters.setRetry_count((byte) 7);
        parameters.setRnr_retry_count((byte) 7);
        return parameters;
    }

    void awaitEstablished() throws IOException {
        await(events, ESTABLISHED);
    }

    Memory register(int length, int rights) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(length);
        SVCRegMr call = domain.regMr(buffer, rights).execute();
        Memory memory = new Memory(buffer, call.getMr());
        call.free();
        memories.add(memory);
        return memory;
    }

    @SuppressWarnings({"JdkObsolete", "NonApiType"}) // requests take no other list
    private static LinkedList<IbvSge> elements(Memory memory, int length) {
        IbvSge element = new IbvSge();
        element.setAddr(memory.address());
        element.setLength(length);
        element.setLkey(memory.region().getLkey());
        return new LinkedList<>(List.of(element));
    }

    void postReceive(Memory target, long requestId) throws IOException {
        IbvRecvWR request = new IbvRecvWR();
        request.setWr_id(requestId);
        request.setSg_list(elements(target, target.buffer().capacity()));
        request.setNum_sge(1);
        queuePair
                .postRecv(new ArrayList<>(List.of(request)), new ArrayList<>())
                .execute()
                .free();
    }

    /** Posts one request; the last two numbers are of one-sided operations. */
    void post(int operation, Memory local, int length, long requestId, long remoteAddress, int remoteKey)
            throws IOException {
        IbvSendWR request = new IbvSendWR();
        request.setWr_id(requestId);
        request.setOpcode(operation);
        request.setSend_flags(IbvSendWR.IBV_SEND_SIGNALED);
        request.setSg_list(elements(local, length));
        request.setNum_sge(1);
        request.getRdma().setRemote_addr(remoteAddress);
        request.getRdma().setRkey(remoteKey);
        queuePair
                .postSend(new ArrayList<>(List.of(request)), new ArrayList<>())
                .execute()
                .free();
    }

    void send(Memory source, int length, long requestId) throws IOException {
        post(IbvSendWR.IBV_WR_SEND, source, length, requestId, 0, 0);
    }

    /** The next completion, by polling. */
    IbvWC awaitCompletion() throws IOException {
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DEADLINE_MS);
        while (poll.execute().getPolls() == 0) {
            assertThat(System.nanoTime()).as("a completion in time").isLessThan(endNs);
            Thread.onSpinWait();
        }
        return completions[0];
    }

    /** The next completion, which must be a success. */
    IbvWC awaitSuccess(long requestId) throws IOException {
        IbvWC completion = awaitCompletion();
        assertThat(completion.getStatus()).as("status of %s", requestId).isZero();
        assertThat(completion.getWr_id()).isEqualTo(requestId);
        return completion;
    }

    /** Polls without waiting; null where there is none. */
    @Nullable
    IbvWC pollOnce() throws IOException {
        return poll.execute().getPolls() == 0 ? null : completions[0];
    }

    @Override
    public void close() throws IOException {
        id.disconnect();
        poll.free();
        id.destroyQP();
        queue.destroyCQ();
        channel.destroyCompChannel();
        for (Memory memory : memories) {
            memory.region().deregMr().execute().free();
        }
        RdmaVerbs.open().deallocPd(domain);
        id.destroyId();
    }
}
