// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.MessageHandler;
import io.sluice.transport.wire.FrameFormat;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Messages that have arrived and were not polled: a ring from the agent to the polling thread, bounded by the credits
 * given to the peer. Invariant: received − taken ≤ window, of messages and of bytes.
 */
final class Delivery {
    private final long messageWindow;
    private final long byteWindow;
    private final OneToOneRingBuffer ring;
    private final AtomicLong takenMessages = new AtomicLong();
    private final AtomicLong takenBytes = new AtomicLong();
    private final org.agrona.concurrent.MessageHandler taker = this::take;
    private volatile long sentMessages;
    private volatile long sentBytes;
    private @Nullable MessageHandler polling;
    private long polledMessages;
    private long polledBytes;
    private long receivedMessages;
    private long receivedBytes;

    Delivery(int ringLength, long messageWindow, long byteWindow) {
        this.messageWindow = messageWindow;
        this.byteWindow = byteWindow;
        this.ring = new OneToOneRingBuffer(new RingMemory(ringLength));
    }

    /** Agent: takes a message in; false where the peer went beyond its credits. */
    boolean put(DirectBuffer buffer, int offset, int length) {
        int bytes = FrameFormat.creditBytes(length);
        if (receivedMessages - takenMessages.get() >= messageWindow
                || receivedBytes + bytes - takenBytes.get() > byteWindow
                || !ring.write(EngineConnection.MESSAGE, buffer, offset, length)) {
            return false;
        }
        receivedMessages++;
        receivedBytes += bytes;
        return true;
    }

    /** Agent: messages taken in. */
    long receivedMessages() {
        return receivedMessages;
    }

    boolean hasMessages() {
        return ring.size() > 0;
    }

    /** Polling thread. */
    int poll(MessageHandler handler, int limit) {
        polling = handler;
        polledMessages = 0;
        polledBytes = 0;
        try {
            int count = ring.read(taker, limit);
            // A read ends at the ring's wrap, perhaps having skipped nothing but padding there.
            return count > 0 || ring.size() == 0 ? count : ring.read(taker, limit);
        } finally {
            // Only now is the room in the ring free; the peer must not hear of it sooner.
            takenMessages.lazySet(takenMessages.get() + polledMessages);
            takenBytes.lazySet(takenBytes.get() + polledBytes);
        }
    }

    private void take(int type, MutableDirectBuffer buffer, int index, int length) {
        polledMessages++;
        polledBytes += FrameFormat.creditBytes(length);
        MessageHandler handler = polling;
        if (handler != null) {
            handler.onMessage(buffer, index, length);
        }
    }

    long takenMessages() {
        return takenMessages.get();
    }

    long takenBytes() {
        return takenBytes.get();
    }

    /** Whether a quarter of a window was taken since the peer was told. */
    boolean isCreditDue() {
        return takenMessages.get() - sentMessages >= Math.max(1, messageWindow / 4)
                || takenBytes.get() - sentBytes >= byteWindow / 4;
    }

    /** Agent: the peer is being told. */
    void creditsSent(long messages, long bytes) {
        sentMessages = messages;
        sentBytes = bytes;
    }
}
