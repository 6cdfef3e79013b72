// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import com.ibm.disni.verbs.IbvMr;
import io.sluice.transport.engine.RingShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Memory of one connection's messages, to receive and to send, registered in each domain, and the stateful calls that
 * post it. Goes from one queue pair to the next; one at a time uses it. The agent's.
 */
final class Ring {
    /** Slots beyond what the peer is told of: so many may wait to be posted again while the program is told. */
    static final int SPARE_SLOTS = 8;

    private final RingShape shape;
    private final ByteBuffer memory;
    private final ByteBuffer receiveBytes;
    private final ByteBuffer sendBytes;
    private final UnsafeBuffer receiveBuffer;
    private final UnsafeBuffer sendBuffer;
    private ByteBuffer spareBytes = ByteBuffer.allocateDirect(0);
    private final Map<Domain, IbvMr> regions = new HashMap<>();
    private final Map<Domain, Calls> calls = new HashMap<>();

    Ring(RingShape shape) {
        this.shape = shape;
        int sendLength = Math.toIntExact(shape.length());
        int receiveLength = Math.addExact(sendLength, SPARE_SLOTS * shape.slotLength());
        memory = ByteBuffer.allocateDirect(Math.addExact(receiveLength, sendLength));
        receiveBytes = memory.slice(0, receiveLength);
        sendBytes = memory.slice(receiveLength, sendLength);
        receiveBuffer = new UnsafeBuffer(receiveBytes);
        sendBuffer = new UnsafeBuffer(sendBytes);
    }

    void register(Domain domain) throws IOException {
        regions.put(domain, domain.register(memory));
    }

    RingShape shape() {
        return shape;
    }

    /** Slots to receive in. */
    int slots() {
        return shape.depth() + SPARE_SLOTS;
    }

    /** Bytes of a ring in all. */
    static long length(RingShape shape) {
        return 2 * shape.length() + (long) SPARE_SLOTS * shape.slotLength();
    }

    /** The slots, one behind the other. */
    UnsafeBuffer receiveBuffer() {
        return receiveBuffer;
    }

    /** The same. */
    ByteBuffer receiveBytes() {
        return receiveBytes;
    }

    UnsafeBuffer sendBuffer() {
        return sendBuffer;
    }

    ByteBuffer sendBytes() {
        return sendBytes;
    }

    /** As much memory that no device knows of, from the first asking on. */
    ByteBuffer spareBytes(int length) {
        if (spareBytes.capacity() < length) {
            BufferUtil.free(spareBytes);
            spareBytes = ByteBuffer.allocateDirect(length);
        }
        return spareBytes;
    }

    /** Where the memory to send from starts, as the device knows it. */
    long sendAddress(Domain domain) {
        return region(domain).getAddr() + receiveBytes.capacity();
    }

    int localKey(Domain domain) {
        return region(domain).getLkey();
    }

    private IbvMr region(Domain domain) {
        IbvMr region = regions.get(domain);
        if (region == null) {
            throw new IllegalArgumentException("the ring is not registered in this domain");
        }
        return region;
    }

    /** The calls on it in a domain; made when first asked for, since they take memory too. */
    Calls calls(Domain domain) throws IOException {
        Calls made = calls.get(domain);
        if (made == null) {
            IbvMr region = region(domain);
            made = new Calls(slots(), shape.slotLength(), region.getAddr(), region.getLkey());
            calls.put(domain, made);
        }
        return made;
    }

    /** Its domains are closed. */
    void free() {
        BufferUtil.free(memory);
        BufferUtil.free(spareBytes);
    }
}
