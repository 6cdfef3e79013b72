// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.wire.FrameFormat;

/**
 * A receive ring of slots, and how many messages may be under way to it so that it never overflows: a message of n bytes
 * takes as many slots as its frame needs, that is at most {@code messages + bytes / slotLength} of them in all.
 *
 * @param slotLength bytes of a slot
 * @param depth slots
 */
public record RingShape(int slotLength, int depth) {
    /** Bytes of a slot. */
    public static final int SLOT_LENGTH = 4096;

    private static final int MIN_DEPTH = 512;

    /** The ring that takes messages of up to {@code maxMessageLength} bytes, two of the longest at a time. */
    public static RingShape of(int maxMessageLength) {
        long bytes = 2L * FrameFormat.creditBytes(maxMessageLength);
        int forBytes = Math.toIntExact((bytes + SLOT_LENGTH - 1) / SLOT_LENGTH);
        return new RingShape(SLOT_LENGTH, Math.max(MIN_DEPTH, 2 * forBytes));
    }

    /** Bytes of the whole ring. */
    public long length() {
        return (long) slotLength * depth;
    }

    /** Bytes of messages, as {@link FrameFormat#creditBytes} counts them, that may be under way: half the ring's. */
    public long byteWindow() {
        return length() / 2;
    }

    /** Messages that may be under way: what is left where their bytes take half the ring, less a header each. */
    public int messageWindow() {
        return (int) ((long) depth / 2 * slotLength / (slotLength + FrameFormat.HEADER_LENGTH));
    }
}
