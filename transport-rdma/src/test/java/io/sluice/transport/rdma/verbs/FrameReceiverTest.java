// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.engine.DataPathEvents;
import io.sluice.transport.engine.RingShape;
import io.sluice.transport.wire.FrameFormat;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pieces of frames, as a peer in its right mind sends them and as others might. */
class FrameReceiverTest {
    private static final int SLOT = 512;
    private static final int DEPTH = 8;
    private static final int MAX_MESSAGE = 3000;

    private final Ring ring = new Ring(new RingShape(SLOT, DEPTH));
    private final Frames frames = new Frames();
    private final FrameReceiver receiver = new FrameReceiver(ring, MAX_MESSAGE, frames);
    private int nextSlot;

    @AfterEach
    void free() {
        ring.free();
    }

    /** What came. */
    private static final class Frames implements DataPathEvents {
        final List<byte[]> all = new ArrayList<>();
        final List<UnsafeBuffer> memory = new ArrayList<>();

        @Override
        public void onFrame(UnsafeBuffer buffer, ByteBuffer raw, int offset, int length) {
            byte[] frame = new byte[length];
            buffer.getBytes(offset, frame);
            byte[] same = new byte[length];
            raw.get(offset, same);
            assertThat(same).isEqualTo(frame);
            all.add(frame);
            memory.add(buffer);
        }

        @Override
        public void onReady() {}

        @Override
        public void onOperationEnd(int slot, @Nullable TransportException cause) {}

        @Override
        public void onProgress() {}

        @Override
        public void onBroken(TransportException cause) {}

        @Override
        public void onClosed() {}
    }

    private static byte[] frame(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        ByteBuffer.wrap(bytes).order(LITTLE_ENDIAN).putInt(4, length);
        return bytes;
    }

    private void piece(byte[] bytes, int from, int length) throws TransportException {
        int slot = nextSlot++ % DEPTH;
        ring.receiveBuffer().putBytes(slot * SLOT, bytes, from, length);
        receiver.onPiece(slot, length);
    }

    private void whole(byte[] bytes) throws TransportException {
        for (int sent = 0; sent < bytes.length; sent += SLOT) {
            piece(bytes, sent, Math.min(SLOT, bytes.length - sent));
        }
    }

    @Test
    void shouldPutPiecesTogetherWhereverTheyLie() throws TransportException {
        List<byte[]> sent = new ArrayList<>();
        int max = FrameFormat.HEADER_LENGTH + MAX_MESSAGE;
        for (int length :
                new int[] {40, 41, SLOT - 1, SLOT, SLOT + 1, 2 * SLOT, 2 * SLOT + 1, max - 1, max, 40, max, max}) {
            sent.add(frame(length));
        }
        for (byte[] bytes : sent) {
            whole(bytes);
        }
        assertThat(frames.all).containsExactlyElementsOf(sent);
    }

    @Test
    void shouldGiveAFrameOfOnePieceWhereItLies() throws TransportException {
        whole(frame(SLOT));
        whole(frame(SLOT + 1));
        assertThat(frames.memory.get(0)).isSameAs(ring.receiveBuffer());
        assertThat(frames.memory.get(1)).isNotSameAs(ring.receiveBuffer());
    }

    private void assertRefused(byte[] bytes, int length) {
        assertThatThrownBy(() -> piece(bytes, 0, length)).isInstanceOfSatisfying(TransportException.class, e -> {
            assertThat(e.kind()).isEqualTo(Kind.PROTOCOL);
            assertThat(e.code()).isEqualTo("transport.rdma.frame");
        });
        assertThat(frames.all).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 8, 39})
    void shouldRefuseAFirstPieceWithoutAHeader(int length) {
        assertRefused(frame(100), length);
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 39, FrameFormat.HEADER_LENGTH + MAX_MESSAGE + 1, Integer.MAX_VALUE})
    void shouldRefuseALengthBeyondTheLimits(int announced) {
        byte[] bytes = frame(SLOT);
        ByteBuffer.wrap(bytes).order(LITTLE_ENDIAN).putInt(4, announced);
        assertRefused(bytes, SLOT);
    }

    @ParameterizedTest
    @ValueSource(ints = {99, 101, SLOT})
    void shouldRefuseAPieceThatIsNotWhatItAnnounces(int length) {
        byte[] bytes = new byte[SLOT];
        System.arraycopy(frame(100), 0, bytes, 0, 100);
        assertRefused(bytes, length);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 87, 89, SLOT})
    void shouldRefuseALaterPieceOfAnotherLength(int length) throws TransportException {
        byte[] bytes = frame(SLOT + 88);
        piece(bytes, 0, SLOT);
        assertRefused(new byte[SLOT], length);
    }
}
