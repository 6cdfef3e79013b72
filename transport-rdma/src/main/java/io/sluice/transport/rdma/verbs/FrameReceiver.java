// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.engine.DataPathEvents;
import io.sluice.transport.wire.FrameFormat;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Puts together what the peer has cut to fit the slots. A frame of one piece is told of where it lies. The agent's.
 *
 * <p>Invariant: {@code filled < length} are bytes of the frame of which pieces are missing; both are 0 between frames.
 */
final class FrameReceiver {
    private static final int LENGTH_OFFSET = 4;

    private final Ring ring;
    private final int slotLength;
    private final int maxLength;
    private final DataPathEvents events;
    private final ByteBuffer wholeBytes;
    private final UnsafeBuffer whole;
    private int length;
    private int filled;

    FrameReceiver(Ring ring, int maxMessageLength, DataPathEvents events) {
        this.ring = ring;
        this.events = events;
        slotLength = ring.shape().slotLength();
        maxLength = FrameFormat.HEADER_LENGTH + maxMessageLength;
        wholeBytes = ring.spareBytes(maxLength > slotLength ? maxLength : 0);
        whole = new UnsafeBuffer(wholeBytes);
    }

    /** A slot was filled with {@code received} bytes. */
    void onPiece(int slot, int received) throws TransportException {
        int at = slot * slotLength;
        UnsafeBuffer slots = ring.receiveBuffer();
        if (length == 0) {
            int announced = received < FrameFormat.HEADER_LENGTH ? 0 : slots.getInt(at + LENGTH_OFFSET, LITTLE_ENDIAN);
            if (announced < FrameFormat.HEADER_LENGTH || announced > maxLength) {
                throw malformed("a frame of " + announced + " bytes in a first piece of " + received
                        + ", expected from " + FrameFormat.HEADER_LENGTH + " to " + maxLength);
            }
            if (announced == received) {
                events.onFrame(slots, ring.receiveBytes(), at, received);
                return;
            }
            length = announced;
        }
        int expected = Math.min(slotLength, length - filled);
        if (received != expected) {
            throw malformed("a piece of " + received + " bytes at " + filled + " of a frame of " + length
                    + ", expected " + expected);
        }
        whole.putBytes(filled, slots, at, received);
        filled += received;
        if (filled == length) {
            int complete = length;
            length = 0;
            filled = 0;
            events.onFrame(whole, wholeBytes, 0, complete);
        }
    }

    private static TransportException malformed(String found) {
        return new TransportException(Kind.PROTOCOL, "transport.rdma.frame", "the peer sent " + found);
    }
}
