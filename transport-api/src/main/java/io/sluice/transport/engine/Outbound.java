// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.sluice.transport.RegionPool;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.wire.FrameFormat;
import io.sluice.transport.wire.FrameType;
import io.sluice.transport.wire.FrameWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Objects;
import org.agrona.MutableDirectBuffer;
import org.agrona.collections.LongArrayQueue;
import org.agrona.concurrent.ControlledMessageHandler;
import org.agrona.concurrent.ControlledMessageHandler.Action;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Decides what a connection sends next and sends it. Control goes first, so that neither a slow program nor a large
 * block delays credits, answers and heartbeats by more than a fragment; then submissions in their order and answers to
 * the peer's reads, by turns, a fragment each.
 *
 * <p>Invariants: {@code buffer[0, staged)} holds whole frames, {@code data} the data of the last of them, if that is a
 * fragment; {@code flushed} bytes of the buffer have left. Nothing is staged before all of that has left.
 */
final class Outbound {
    private static final int MAX_HEADER = FrameFormat.HEADER_LENGTH + FrameFormat.MAX_HEAD_LENGTH;
    private static final int ROUNDS_PER_PASS = 8;
    private static final int SUBMISSIONS_PER_ROUND = 64;

    private final Session session;
    private final Link link;
    private final ByteBuffer buffer;
    private final ByteBuffer crcView;
    private final UnsafeBuffer view;
    private final SlabViews slabs;
    private final FrameWriter writer = new FrameWriter();
    private final ByteBuffer[] gather = new ByteBuffer[2];
    private final ArrayDeque<Handshake.Reply> control = new ArrayDeque<>();
    /** Regions of the peer that are used no more, to be told it. */
    private final LongArrayQueue forgotten = new LongArrayQueue(Long.MIN_VALUE);

    private final ReadQueue reads;
    private final Answers answers;
    private final ControlledMessageHandler submissions = this::onSubmission;

    private int staged;
    private int flushed;
    private @Nullable ByteBuffer data;
    private @Nullable Operation writing;
    private @Nullable Operation writeToFinish;
    private @Nullable Exposure readToFinish;
    private boolean readsTurn;
    private boolean heartbeatDue;
    private boolean goodbyeSent;

    Outbound(Session session, Link link, ByteBuffer buffer, @Nullable RegionPool pool, int maxOperations) {
        this.session = session;
        this.link = link;
        this.buffer = buffer;
        this.crcView = buffer.duplicate();
        this.view = new UnsafeBuffer(buffer, 0, buffer.capacity());
        this.slabs = new SlabViews(pool);
        this.reads = new ReadQueue(maxOperations);
        this.answers = new Answers(maxOperations);
    }

    /** Sends a frame of negotiation, revocation or error before all else. */
    void control(Handshake.Reply reply) {
        control.add(reply);
    }

    /** Answers the revocation of a region of the peer. */
    void forgotten(long id) {
        forgotten.addLong(id);
    }

    /** Such answers that have not left. */
    int forgottenWaiting() {
        return forgotten.size();
    }

    /** Operations of the peer that were not answered. */
    int unanswered() {
        return reads.size() + answers.size();
    }

    void answer(long id, boolean revoked) {
        answers.add(id, revoked);
    }

    void serveRead(long id, Exposure exposure, long offset, long length) {
        reads.add(id, exposure, offset, length);
    }

    void heartbeat() {
        heartbeatDue = true;
    }

    /** Whether GOODBYE was sent, and with it everything. */
    boolean isDone() {
        return goodbyeSent && isFlushed();
    }

    private boolean isFlushed() {
        return flushed == staged && data == null;
    }

    /** Sends what the link takes, within reason. */
    void flush() throws IOException {
        for (int round = 0; round < ROUNDS_PER_PASS; round++) {
            if (isFlushed()) {
                staged = 0;
                flushed = 0;
                fill();
                if (staged == 0) {
                    link.wantWrite(false);
                    return;
                }
            }
            if (!send()) {
                link.wantWrite(true);
                return;
            }
            onFlushed();
        }
        link.wantWrite(true);
    }

    private boolean send() throws IOException {
        int headers = staged - flushed;
        int count = 0;
        if (headers > 0) {
            buffer.limit(staged).position(flushed);
            gather[count++] = buffer;
        }
        ByteBuffer block = data;
        if (block != null) {
            gather[count++] = block;
        }
        long sent = link.write(gather, count);
        if (sent > 0) {
            session.sent();
            flushed += (int) Math.min(sent, headers);
        }
        return flushed == staged && (block == null || !block.hasRemaining());
    }

    private void onFlushed() {
        data = null;
        Operation written = writeToFinish;
        writeToFinish = null;
        if (written != null) {
            written.sent = true;
        }
        Exposure read = readToFinish;
        readToFinish = null;
        if (read != null) {
            read.endUse();
        }
    }

    private boolean hasRoom(int length) {
        return staged + length <= view.capacity();
    }

    private void fill() {
        while (!control.isEmpty() && hasRoom(MAX_HEADER + control.element().data().length)) {
            Handshake.Reply reply = control.remove();
            stage(reply.type(), 0, reply.id(), reply.data());
        }
        EngineConnection connection = session.connection();
        if (connection == null || session.isEnded()) {
            return;
        }
        while (!forgotten.isEmpty() && hasRoom(MAX_HEADER)) {
            stageEmpty(FrameType.FORGOTTEN, forgotten.pollLong());
        }
        while (answers.size() > 0 && hasRoom(MAX_HEADER)) {
            stageEmpty(answers.isFirstRevoked() ? FrameType.REVOKED : FrameType.ACK, answers.firstId());
            answers.remove();
        }
        if (!connection.isOnPath()) {
            fillSubmissions(connection);
        }
        if (staged == 0 && connection.isCreditDue()) {
            stageEmpty(FrameType.CREDIT, 0);
        }
        if (staged == 0 && heartbeatDue) {
            stageEmpty(FrameType.HEARTBEAT, 0);
        }
        heartbeatDue = false;
        if (staged == 0
                && !goodbyeSent
                && session.mayEnd()
                && connection.isIdle()
                && session.path().isIdle()) {
            stageEmpty(FrameType.GOODBYE, connection.isOnPath() ? connection.sentMessages() : 0);
            goodbyeSent = true;
        }
    }

    private void fillSubmissions(EngineConnection connection) {
        while (data == null && hasRoom(MAX_HEADER)) {
            if (reads.size() > 0
                    && (readsTurn
                            || (writing == null && connection.submissions().size() == 0))) {
                readsTurn = false;
                stageRead();
                continue;
            }
            readsTurn = true;
            Operation write = writing;
            if (write != null) {
                stageWrite(write);
            } else if (takeSubmissions(connection) == 0 && (reads.size() == 0 || staged > 0)) {
                return;
            }
        }
    }

    private int takeSubmissions(EngineConnection connection) {
        int taken = connection.submissions().controlledRead(submissions, SUBMISSIONS_PER_ROUND);
        // A read ends at the ring's wrap, perhaps having skipped nothing but padding there.
        return taken > 0 || connection.submissions().size() == 0
                ? taken
                : connection.submissions().controlledRead(submissions, SUBMISSIONS_PER_ROUND);
    }

    private Action onSubmission(int type, MutableDirectBuffer from, int index, int length) {
        if (type == EngineConnection.MESSAGE) {
            if (!hasRoom(FrameFormat.HEADER_LENGTH + length)) {
                return Action.ABORT;
            }
            int at = begin(FrameType.MESSAGE, FrameFormat.END, session.active().nextMessage(), length);
            int dataStart = at + FrameFormat.HEADER_LENGTH;
            view.putBytes(dataStart, from, index, length);
            end(at, FrameType.MESSAGE, writer.crcOf(crcView, dataStart, dataStart + length));
            staged += length;
            return Action.CONTINUE;
        }
        if (!hasRoom(MAX_HEADER)) {
            return Action.ABORT;
        }
        Operation operation = session.submitted(from.getInt(index));
        if (operation.isWrite) {
            writing = operation;
            return Action.BREAK;
        }
        RemoteRegion remote = operation.remote();
        int at = begin(FrameType.READ, 0, operation.wireId, 0);
        putRegion(at, remote, operation.remoteOffset);
        view.putLong(at + FrameFormat.HEAD_READ_LENGTH, operation.length, LITTLE_ENDIAN);
        end(at, FrameType.READ, 0);
        operation.sent = true;
        return Action.CONTINUE;
    }

    private void stageWrite(Operation operation) {
        int length = Math.min(operation.length - operation.progress, FrameFormat.MAX_FRAGMENT);
        boolean last = operation.progress + length == operation.length;
        int at = begin(FrameType.WRITE, last ? FrameFormat.END : 0, operation.wireId, length);
        putRegion(at, operation.remote(), operation.remoteOffset + operation.progress);
        ByteBuffer block = slabs.of(operation.memory(), operation.localOffset + (long) operation.progress, length);
        end(at, FrameType.WRITE, stageData(block, length));
        operation.progress += length;
        if (last) {
            writing = null;
            if (length == 0) {
                operation.sent = true;
            } else {
                writeToFinish = operation;
            }
        }
    }

    private void stageRead() {
        ReadQueue.Entry read = reads.first();
        Exposure exposure = Objects.requireNonNull(read.exposure);
        if (exposure.isRevoked()) {
            stageEmpty(FrameType.REVOKED, read.id);
            reads.remove();
            exposure.endUse();
            return;
        }
        int length = (int) Math.min(read.length - read.sent, FrameFormat.MAX_FRAGMENT);
        boolean last = read.sent + length == read.length;
        int at = begin(FrameType.READ_DATA, last ? FrameFormat.END : 0, read.id, length);
        view.putLong(at + FrameFormat.HEAD_DATA_OFFSET, read.sent, LITTLE_ENDIAN);
        ByteBuffer block = slabs.of(exposure.memory, exposure.base + read.offset + read.sent, length);
        end(at, FrameType.READ_DATA, stageData(block, length));
        read.sent += length;
        if (last) {
            reads.remove();
            if (length == 0) {
                exposure.endUse();
            } else {
                readToFinish = exposure;
            }
        }
    }

    /** Makes a block the data of the frame being staged; its checksum. */
    private int stageData(ByteBuffer block, int length) {
        if (length == 0) {
            return 0;
        }
        int from = block.position();
        int crc = writer.crcOf(block, from, from + length);
        block.position(from);
        data = block;
        return crc;
    }

    private void putRegion(int at, RemoteRegion region, long offset) {
        view.putLong(at + FrameFormat.HEAD_REGION_ID, region.regionId(), LITTLE_ENDIAN);
        view.putLong(at + FrameFormat.HEAD_EPOCH, region.epoch(), LITTLE_ENDIAN);
        view.putLong(at + FrameFormat.HEAD_KEY, region.keyHigh(), LITTLE_ENDIAN);
        view.putLong(at + FrameFormat.HEAD_KEY + Long.BYTES, region.keyLow(), LITTLE_ENDIAN);
        view.putLong(at + FrameFormat.HEAD_REGION_OFFSET, offset, LITTLE_ENDIAN);
    }

    private void stageEmpty(FrameType type, long id) {
        end(begin(type, 0, id, 0), type, 0);
    }

    private void stage(FrameType type, int flags, long id, byte[] body) {
        int at = begin(type, flags, id, body.length);
        int dataStart = at + FrameFormat.HEADER_LENGTH;
        view.putBytes(dataStart, body);
        end(at, type, writer.crcOf(crcView, dataStart, dataStart + body.length));
        staged += body.length;
    }

    private int begin(FrameType type, int flags, long id, int dataLength) {
        EngineConnection connection = session.connection();
        long taken = connection == null ? 0 : connection.takenMessages();
        long takenBytes = connection == null ? 0 : connection.takenBytes();
        FrameWriter.begin(view, staged, type, flags, id, dataLength, taken, takenBytes);
        if (connection != null) {
            connection.creditsSent(taken, takenBytes);
        }
        return staged;
    }

    private void end(int at, FrameType type, int dataCrc) {
        writer.end(view, crcView, at, type, dataCrc);
        staged += FrameFormat.HEADER_LENGTH + type.headLength();
    }

    /** Tries once to tell the peer why. */
    void lastWord(Handshake.Reply error) throws IOException {
        if (!isFlushed() && !send()) {
            return;
        }
        data = null;
        staged = 0;
        flushed = 0;
        stage(error.type(), 0, 0, error.data());
        var unused = send();
    }

    /** No frame uses memory any more. */
    void release() {
        data = null;
        writing = null;
        writeToFinish = null;
        staged = 0;
        flushed = 0;
        Exposure read = readToFinish;
        readToFinish = null;
        if (read != null) {
            read.endUse();
        }
        while (reads.size() > 0) {
            Exposure exposure = Objects.requireNonNull(reads.first().exposure);
            reads.remove();
            exposure.endUse();
        }
    }
}
