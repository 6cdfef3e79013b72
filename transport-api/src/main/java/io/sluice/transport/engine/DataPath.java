// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.RegionMemory;
import io.sluice.transport.TransportException;
import io.sluice.transport.wire.PathOffer;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One connection's messages and one-sided operations by another way than its byte stream: over RDMA, one queue pair.
 * Everything else of the connection stays on the stream: negotiation, credits, heartbeats, revocations, errors, GOODBYE,
 * and what tells that the peer died. Used by the agent only; nothing here waits, and nothing but {@link #close} may
 * allocate in steady state.
 *
 * <p><b>Life.</b> {@link DataPathProvider#listen} or {@link DataPathProvider#dial} → {@link DataPathEvents#onReady} → used
 * → {@link #close} → {@link DataPathEvents#onClosed}. Where it fails, at any time, {@link DataPathEvents#onBroken} is told
 * once, and the engine closes it.
 *
 * <p><b>Order.</b> What is submitted by {@link #commit}, {@link #write} and {@link #read} takes effect at the peer in that
 * order: a message is delivered there only when the bytes of every earlier write are in the peer's memory.
 *
 * <p><b>Messages.</b> The engine writes a whole MESSAGE frame, checksums included, into memory of the path, which may cut
 * it into pieces of the peer's {@link PathOffer#slotLength} and must put it together again. The engine never has more
 * under way than {@link RingShape} allows for the peer's {@link PathOffer#depth}, so the receiver always has a slot as
 * long as it reposts each one within the {@link DataPathProvider#poll} that took it, and posts more than it offered where
 * it does so only after {@link DataPathEvents#onProgress}.
 *
 * <p><b>Memory.</b> The path takes a share ({@link RegionMemory#retain}) of an operation's memory when it takes the
 * operation, and gives it back when the device can't touch that memory any more: at the completion of the operation's last
 * request, or when the queue pair was destroyed; never by time, and whatever the engine has told the program meanwhile.
 */
public interface DataPath {
    /** What the peer is to know of this side: all of it for {@link DataPathProvider#listen}, no address and cookie else. */
    PathOffer offer();

    /**
     * The listening side learns of the peer's ring; before {@link #claim}, maybe before {@link DataPathEvents#onReady}.
     *
     * @throws TransportException {@code PROTOCOL} where it makes no sense
     */
    void peer(PathOffer theirs) throws TransportException;

    /** Memory that {@link #claim} gives room in. */
    UnsafeBuffer sendBuffer();

    /** The same memory, same offsets; its position and limit are the engine's to change. */
    ByteBuffer sendBytes();

    /**
     * Room for a frame, contiguous. To be committed at once, before any other call.
     *
     * @param length bytes, at most what was negotiated
     * @return its offset in {@link #sendBuffer()}, or -1 where there is none now: {@link DataPathEvents#onProgress} is
     *     told when there may be
     */
    int claim(int length);

    /** Sends the frame in the room claimed last. */
    void commit(int offset, int length) throws TransportException;

    /**
     * Writes local memory to the peer's, in chunks of its own choice, several of them in flight.
     *
     * @param slot number of the operation, from 0 to {@link io.sluice.transport.TransportContext#maxOperations()} - 1; not
     *     used again before {@link DataPathEvents#onOperationEnd}
     * @param localOffset in {@code local}'s region, which starts at {@link RegionMemory#offset()} of its slab
     * @param length at least 1
     * @param remoteAddress where at the peer; within a slab of its offer
     * @param remoteKey of that slab
     * @return false where it can't be taken now, as long as an earlier operation is not posted to its end, for example:
     *     {@link DataPathEvents#onProgress} is told when it may be
     */
    boolean write(int slot, RegionMemory local, int localOffset, int length, long remoteAddress, int remoteKey)
            throws TransportException;

    /** Reads the peer's memory into local memory; otherwise as {@link #write}. */
    boolean read(int slot, RegionMemory local, int localOffset, int length, long remoteAddress, int remoteKey)
            throws TransportException;

    /** Posts what commit, write and read have collected; called after each batch of them. */
    void flush() throws TransportException;

    /**
     * Whether everything that was submitted has completed: the peer's device has all messages, and all operations were
     * told of. The engine says GOODBYE only then.
     */
    boolean isIdle();

    /**
     * Submits nothing more and ends it: disconnect, take completions until all that was posted has completed or was
     * flushed, destroy the queue pair; within a deadline of the path's own, after which the queue pair is destroyed all
     * the same. Tells {@link DataPathEvents#onClosed} from a later {@link DataPathProvider#poll}, and nothing else from
     * now on. Idempotent.
     */
    void close();
}
