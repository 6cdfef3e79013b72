// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.sluice.transport.Access;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.wire.ErrorBody;
import io.sluice.transport.wire.FrameFormat;
import io.sluice.transport.wire.FrameReader;
import io.sluice.transport.wire.FrameType;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What the peer's frames mean on an active connection, and which of them a peer in its right mind would not send. The
 * agent's; {@link Inbound} finds the frames, {@link Session} knows where in its life the connection is.
 */
final class PeerFrames {
    private final Session session;
    private final Outbound outbound;
    private final int maxOperations;
    private boolean inWrite;
    /** How many messages the peer sent before its goodbye; below zero as long as it said none. */
    private long messagesBeforeGoodbye = -1;

    PeerFrames(Session session, Outbound outbound, int maxOperations) {
        this.session = session;
        this.outbound = outbound;
        this.maxOperations = maxOperations;
    }

    /** Whether the peer has said that it will submit nothing more, and all that it did submit has come. */
    boolean saidGoodbye() {
        return messagesBeforeGoodbye >= 0 && session.active().delivery().receivedMessages() >= messagesBeforeGoodbye;
    }

    void onCredit(int messages, long bytes) throws TransportException {
        EngineConnection open = session.connection();
        if (open != null && !open.credits().onConsumed(messages, bytes, open.isOnPath())) {
            throw protocol("transport.credit", "peer took messages=" + messages + " bytes=" + bytes + " never sent");
        }
    }

    void checkActive(FrameType type) throws TransportException {
        if (session.connection() == null) {
            throw protocol("transport.negotiation.order", "peer sent " + type + " during negotiation");
        }
        if (type.isData() && session.active().isOnPath()) {
            throw protocol("transport.frame.order", "peer sent " + type + " on the stream, and data go another way");
        }
        if (messagesBeforeGoodbye >= 0
                && (type == FrameType.WRITE || type == FrameType.READ || type == FrameType.MESSAGE)) {
            throw protocol("transport.goodbye", "peer sent " + type + " after GOODBYE");
        }
    }

    private void checkServable() throws TransportException {
        int waiting = outbound.unanswered() + (inWrite ? 1 : 0);
        if (waiting >= maxOperations) {
            throw protocol("transport.operations.limit", "peer has " + waiting + " operations under way: its limit");
        }
    }

    /** The first frame of a write: from now on it counts among the peer's operations. */
    void beginWrite() throws TransportException {
        checkServable();
        inWrite = true;
    }

    @Nullable
    Exposure lookUp(UnsafeBuffer frame, int at, long offset, long length, Access access) throws TransportException {
        return session.active()
                .exposures()
                .check(
                        frame.getLong(at + FrameFormat.HEAD_REGION_ID, LITTLE_ENDIAN),
                        frame.getLong(at + FrameFormat.HEAD_EPOCH, LITTLE_ENDIAN),
                        frame.getLong(at + FrameFormat.HEAD_KEY, LITTLE_ENDIAN),
                        frame.getLong(at + FrameFormat.HEAD_KEY + Long.BYTES, LITTLE_ENDIAN),
                        offset,
                        length,
                        access);
    }

    Operation findOperation(long wireId, boolean isWrite) throws TransportException {
        Operation found = session.active().operations().find(wireId);
        if (found == null || !found.sent || found.isWrite != isWrite) {
            throw protocol("transport.operation.unknown", "peer answered operation " + wireId + ", which is not open");
        }
        return found;
    }

    void endOperation(Operation operation, @Nullable TransportException cause) {
        session.active().operations().end(operation, cause);
    }

    void answerWrite(long wireId, boolean revoked) {
        inWrite = false;
        outbound.answer(wireId, revoked);
    }

    void onFrame(FrameReader frame, UnsafeBuffer buffer, int dataStart) throws TransportException {
        FrameType type = frame.type();
        if (session.connection() == null) {
            session.negotiate(type, dataOf(frame, buffer, dataStart));
            return;
        }
        checkActive(type);
        switch (type) {
            case MESSAGE -> onMessage(frame, buffer, dataStart);
            case ACK -> endOperation(findOperation(frame.id(), true), null);
            case READ -> onRead(frame.id(), buffer, dataStart - FrameFormat.HEADER_LENGTH - type.headLength());
            case REVOKED -> onRevoked(frame.id());
            case GOODBYE -> {
                onGoodbye(frame.id());
                session.drain();
            }
            case ERROR -> throw new PeerError(ErrorBody.decode(dataOf(frame, buffer, dataStart)));
            case CREDIT, HEARTBEAT -> {}
            case AGREED -> session.path().onLateAgreed();
            case REVOKE -> session.path().data().revocations().onRevoke(frame.id());
            case FORGOTTEN -> session.path().data().revocations().onForgotten(frame.id());
            default -> throw protocol("transport.frame.order", "peer sent " + type + " on an active connection");
        }
    }

    /** A message on the path, which GOODBYE may have overtaken. */
    void onPathMessage(FrameReader frame, UnsafeBuffer buffer, int dataStart) throws TransportException {
        if (frame.type() != FrameType.MESSAGE || (messagesBeforeGoodbye >= 0 && saidGoodbye())) {
            throw protocol("transport.frame.order", "peer sent " + frame.type() + " beside the stream");
        }
        onCredit(frame.messageCredit(), frame.byteCredit());
        onMessage(frame, buffer, dataStart);
    }

    /** On the stream the order of frames says it, and the id is zero. */
    private void onGoodbye(long messages) throws TransportException {
        long received = session.active().delivery().receivedMessages();
        if (messagesBeforeGoodbye >= 0 || messages < 0) {
            throw protocol("transport.goodbye", "peer sent a second GOODBYE, or one after " + messages + " messages");
        }
        messagesBeforeGoodbye = session.active().isOnPath() ? messages : received;
    }

    private static byte[] dataOf(FrameReader frame, UnsafeBuffer buffer, int dataStart) {
        byte[] data = new byte[frame.dataLength()];
        buffer.getBytes(dataStart, data);
        return data;
    }

    private void onMessage(FrameReader frame, UnsafeBuffer buffer, int dataStart) throws TransportException {
        Delivery delivery = session.active().delivery();
        if (frame.id() != delivery.receivedMessages() + 1) {
            throw protocol(
                    "transport.message.order",
                    "peer sent message " + frame.id() + ", expected " + (delivery.receivedMessages() + 1));
        }
        if (!delivery.put(buffer, dataStart, frame.dataLength())) {
            throw protocol("transport.credit", "peer sent message " + frame.id() + " without credit for it");
        }
        session.callbacks().messageArrived();
    }

    private void onRead(long wireId, UnsafeBuffer buffer, int at) throws TransportException {
        checkServable();
        long offset = buffer.getLong(at + FrameFormat.HEAD_REGION_OFFSET, LITTLE_ENDIAN);
        long length = buffer.getLong(at + FrameFormat.HEAD_READ_LENGTH, LITTLE_ENDIAN);
        Exposure found = lookUp(buffer, at, offset, length, Access.READ);
        if (found == null) {
            outbound.answer(wireId, true);
        } else {
            outbound.serveRead(wireId, found, offset, length);
        }
    }

    private void onRevoked(long wireId) throws TransportException {
        Operation found = session.active().operations().find(wireId);
        if (found == null || !found.sent) {
            throw protocol("transport.operation.unknown", "peer refused operation " + wireId + ", which is not open");
        }
        endOperation(found, Failures.revoked(session.peerText()));
    }

    private static TransportException protocol(String code, String message) {
        return new TransportException(Kind.PROTOCOL, code, message);
    }
}
