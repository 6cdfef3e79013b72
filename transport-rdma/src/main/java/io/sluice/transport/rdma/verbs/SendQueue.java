// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import io.sluice.transport.RegionMemory;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a connection has posted, in its order, and what it is about to. Messages go from a ring of bytes, in pieces of the
 * peer's slots; an operation in chunks of {@value #CHUNK_LENGTH} bytes, several under way. The last request before a {@link
 * #flush} asks for a completion, and one of each quarter of the queue's depth, since completions come in the order of
 * requests and one stands for all before it. The agent's; allocates nothing.
 *
 * <p>Invariants: {@code tail ≤ head ≤ tail + capacity}; the bytes between lie in requests that have not completed. At most
 * one operation is posted in part, and nothing behind it. {@code memories[slot]} is held from the operation's taking until
 * its last request has completed, or {@link #release}.
 */
final class SendQueue {
    /** Bytes of a request of a one-sided operation. */
    static final int CHUNK_LENGTH = 1 << 20;

    /** Bytes of operations under way, beyond which no more are posted. */
    private static final int WINDOW = 8 * CHUNK_LENGTH;

    /** Requests of operations under way; so many small ones fit. */
    private static final int MAX_CHUNKS = 64;

    private static final int ALIGNMENT = 8;
    private static final int NONE = -1;

    /** Told of each operation that has ended. */
    interface Operations {
        void onEnd(int slot);
    }

    private final QueuePair pair;
    private final Operations operations;
    private final int pieceLength;
    private final int capacity;
    private final int signalEvery;
    /** By request: bytes of the ring that are free when it has completed. */
    private final int[] releases;
    /** By request: the operation that has ended with it. */
    private final int[] lastOf;
    /** By request: bytes of its chunk of an operation; of a message 0. */
    private final int[] chunks;

    private final @Nullable RegionMemory[] memories;
    private long completed;
    private long head;
    private long tail;
    private int padding;
    private int unsignalled;
    private int chunksUnderWay;
    private int bytesUnderWay;
    private int unsignalledBytes;

    private boolean holding;
    private int heldOffset;
    private int heldLength;
    private int heldRelease;

    private int operation = NONE;
    private boolean isWrite;
    private long address;
    private int localKey;
    private long remoteAddress;
    private int remoteKey;
    private int left;

    /**
     * For a queue pair.
     *
     * @param pieceLength bytes of the peer's slots
     */
    SendQueue(QueuePair pair, int pieceLength, int maxOperations, Operations operations) {
        this.pair = pair;
        this.pieceLength = pieceLength;
        this.operations = operations;
        int depth = pair.sendDepth();
        capacity = pair.ring().sendBuffer().capacity();
        signalEvery = Math.max(1, depth / 4);
        releases = new int[depth];
        lastOf = new int[depth];
        chunks = new int[depth];
        memories = new RegionMemory[maxOperations];
        completed = pair.nextRequest();
    }

    /** Room for a message, contiguous, or -1. */
    int claim(int length) {
        int pieces = (length + pieceLength - 1) / pieceLength;
        if (operation != NONE || pair.sendRoom() - (holding ? 1 : 0) < pieces) {
            return -1;
        }
        int at = (int) (head % capacity);
        padding = length <= capacity - at ? 0 : capacity - at;
        if (head + padding + aligned(length) > tail + capacity) {
            return -1;
        }
        return padding == 0 ? at : 0;
    }

    private static int aligned(int length) {
        return (length + ALIGNMENT - 1) & -ALIGNMENT;
    }

    /** Sends the message in the room claimed last. */
    void commit(int offset, int length) throws IOException {
        int release = padding + aligned(length);
        head += release;
        int sent = 0;
        while (sent < length) {
            postHeld(false);
            heldOffset = offset + sent;
            heldLength = Math.min(pieceLength, length - sent);
            sent += heldLength;
            heldRelease = sent == length ? release : 0;
            holding = true;
        }
    }

    /** Posts what is left, and has it tell when it is done. */
    void flush() throws IOException {
        postHeld(true);
    }

    private void postHeld(boolean signalled) throws IOException {
        if (holding) {
            holding = false;
            int index = index(pair.nextRequest());
            releases[index] = heldRelease;
            lastOf[index] = NONE;
            chunks[index] = 0;
            pair.send(heldOffset, heldLength, signal(signalled));
        }
    }

    private int index(long request) {
        return (int) (request % releases.length);
    }

    private boolean signal(boolean wanted) {
        unsignalled++;
        if (!wanted && unsignalled < signalEvery) {
            return false;
        }
        unsignalled = 0;
        return true;
    }

    /** Takes an operation, and a share in its memory; false where there is one in part, or no room to begin. */
    boolean take(
            int slot,
            boolean write,
            RegionMemory local,
            int localOffset,
            int length,
            long remoteAddressOfIt,
            int remoteKeyOfIt)
            throws IOException {
        if (operation != NONE || pair.sendRoom() - (holding ? 1 : 0) < 1 || !mayPostChunk()) {
            return false;
        }
        if (memories[slot] != null) {
            throw new IllegalStateException("operation slot " + slot + " is in use");
        }
        local.retain();
        memories[slot] = local;
        operation = slot;
        isWrite = write;
        address = pair.domain().slabAddress(local.slabIndex()) + local.offset() + localOffset;
        localKey = pair.domain().localKey(local.slabIndex());
        remoteAddress = remoteAddressOfIt;
        remoteKey = remoteKeyOfIt;
        left = length;
        postHeld(false);
        pump();
        return true;
    }

    private boolean mayPostChunk() {
        return chunksUnderWay < MAX_CHUNKS && bytesUnderWay < WINDOW;
    }

    /** Posts the operation's chunks that there is room for. */
    private void pump() throws IOException {
        while (operation != NONE && mayPostChunk() && pair.sendRoom() > 0) {
            int length = Math.min(left, CHUNK_LENGTH);
            left -= length;
            int index = index(pair.nextRequest());
            releases[index] = 0;
            lastOf[index] = left == 0 ? operation : NONE;
            chunks[index] = length;
            chunksUnderWay++;
            bytesUnderWay += length;
            unsignalledBytes += length;
            boolean signalled = signal(left == 0 || unsignalledBytes >= WINDOW / 4);
            unsignalledBytes = signalled ? 0 : unsignalledBytes;
            operation = left == 0 ? NONE : operation;
            pair.transfer(isWrite, address, length, localKey, remoteAddress, remoteKey, signalled);
            address += length;
            remoteAddress += length;
        }
    }

    /** All requests up to this one have been done. */
    void onSent(long request) throws IOException {
        while (completed <= request) {
            int index = index(completed);
            completed++;
            tail += releases[index];
            if (chunks[index] > 0) {
                chunksUnderWay--;
                bytesUnderWay -= chunks[index];
            }
            if (lastOf[index] != NONE) {
                end(lastOf[index]);
            }
        }
        pump();
    }

    private void end(int slot) {
        RegionMemory memory = memories[slot];
        memories[slot] = null;
        if (memory != null) {
            memory.release();
        }
        operations.onEnd(slot);
    }

    /** Whether nothing is left to be posted or to be completed. */
    boolean isIdle() {
        return !holding && operation == NONE && completed == pair.nextRequest();
    }

    /** Posts nothing more. */
    void stop() {
        holding = false;
        operation = NONE;
    }

    /** The queue pair is destroyed: nobody uses the memory of operations any more. */
    void release() {
        for (RegionMemory memory : memories) {
            if (memory != null) {
                memory.release();
            }
        }
        Arrays.fill(memories, null);
    }
}
