// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.PeerClass;
import io.sluice.transport.RegionMemory;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.wire.FrameFormat;
import io.sluice.transport.wire.FrameReader;
import io.sluice.transport.wire.FrameType;
import io.sluice.transport.wire.FrameWriter;
import io.sluice.transport.wire.PathOffer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.ControlledMessageHandler;
import org.agrona.concurrent.ControlledMessageHandler.Action;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.jspecify.annotations.Nullable;

/**
 * An active connection's messages and operations on its {@link DataPath}: what {@link Outbound} and {@link Inbound} do
 * with frames on the stream. The agent's, but for {@link #given} and {@link #keyHigh}.
 *
 * <p>The device knows slabs, not regions. So a {@link RemoteRegion} has the slab's index for the high half of its key, and
 * where it starts in the slab for the low half; and {@link Revocations} do what checking each frame does on the stream.
 */
final class PathData {
    private static final int SUBMISSIONS_PER_ROUND = 64;
    private static final int ROUNDS_PER_PASS = 8;

    private final Session session;
    private final DataPath path;
    private final PathOffer theirs;
    private final PeerClass given;
    private final int maxMessageLength;
    private final RingShape theirRing;
    private final RingShape ownRing;
    private final UnsafeBuffer sendBuffer;
    private final ByteBuffer sendBytes;
    private final FrameWriter writer = new FrameWriter();
    private final FrameReader reader = new FrameReader();
    private final CRC32C crc = new CRC32C();
    private final Revocations revocations;
    private final ControlledMessageHandler submissions = this::onSubmission;
    private final List<Exposure> held = new ArrayList<>();
    private @Nullable TransportException failure;
    private boolean pushedBack;
    private boolean stopped;
    private boolean closed;

    PathData(Session session, DataPath path, PathOffer theirs, PeerClass given, int maxMessageLength) {
        this.session = session;
        this.path = path;
        this.theirs = theirs;
        this.given = given;
        this.maxMessageLength = maxMessageLength;
        this.theirRing = new RingShape(theirs.slotLength(), theirs.depth());
        PathOffer own = path.offer();
        this.ownRing = new RingShape(own.slotLength(), own.depth());
        this.sendBuffer = path.sendBuffer();
        this.sendBytes = path.sendBytes();
        this.revocations = new Revocations(session);
    }

    /** What this side may have under way. */
    RingShape theirRing() {
        return theirRing;
    }

    /** What the peer may have under way. */
    RingShape ownRing() {
        return ownRing;
    }

    /** What the peer may do with this side's slabs. */
    PeerClass given() {
        return given;
    }

    /** The key of an exposure that starts at {@code offset} of a region: its slab, among those of the peer's class. */
    static long keyHigh(PeerClass given, RegionMemory memory) {
        return (long) memory.slabIndex() - given.firstSlab(memory.pool());
    }

    /** And where it starts there. */
    static long keyLow(RegionMemory memory, int offset) {
        return memory.offset() + (long) offset;
    }

    Revocations revocations() {
        return revocations;
    }

    // Out.

    /** Hands over what was submitted. */
    void flush() throws TransportException {
        if (stopped) {
            return;
        }
        pushedBack = false;
        ManyToOneRingBuffer submitted = session.active().submissions();
        for (int i = 0;
                i < ROUNDS_PER_PASS && failure == null && submitted.size() > 0 && !pushedBack && !stopped;
                i++) {
            submitted.controlledRead(submissions, SUBMISSIONS_PER_ROUND);
        }
        TransportException thrown = failure;
        if (thrown != null) {
            path.flush(); // what was submitted before is sent
            throw thrown;
        }
        if (!stopped) {
            path.flush();
            if (!pushedBack && submitted.size() > 0) {
                session.schedule();
            }
        }
    }

    /** Sends a message of a callback's, if there is room; {@link #flush} comes when that has returned. */
    boolean sendNow(DirectBuffer from, int offset, int length) {
        if (stopped || failure != null) {
            return false;
        }
        try {
            return send(from, offset, length);
        } catch (TransportException e) {
            failure = e;
            return true;
        }
    }

    private Action onSubmission(int type, MutableDirectBuffer from, int index, int length) {
        if (stopped) {
            return Action.ABORT;
        }
        try {
            boolean taken = type == EngineConnection.MESSAGE ? send(from, index, length) : submit(from.getInt(index));
            pushedBack = !taken;
            return taken ? Action.CONTINUE : Action.ABORT;
        } catch (TransportException e) {
            failure = e;
            return Action.BREAK;
        }
    }

    private boolean send(DirectBuffer from, int index, int length) throws TransportException {
        int frame = FrameFormat.HEADER_LENGTH + length;
        int at = path.claim(frame);
        if (at < 0) {
            return false;
        }
        EngineConnection connection = session.active();
        long taken = connection.takenMessages();
        long takenBytes = connection.takenBytes();
        FrameWriter.begin(
                sendBuffer,
                at,
                FrameType.MESSAGE,
                FrameFormat.END,
                connection.nextMessage(),
                length,
                taken,
                takenBytes);
        connection.creditsSent(taken, takenBytes);
        int dataStart = at + FrameFormat.HEADER_LENGTH;
        sendBuffer.putBytes(dataStart, from, index, length);
        int dataCrc = writer.crcOf(sendBytes, dataStart, dataStart + length);
        writer.end(sendBuffer, sendBytes, at, FrameType.MESSAGE, dataCrc);
        path.commit(at, frame);
        return true;
    }

    private boolean submit(int slot) throws TransportException {
        Operation operation = session.submitted(slot);
        RemoteRegion remote = operation.remote();
        if (revocations.isRevoked(remote.regionId())) {
            end(operation, Failures.revoked(session.peerText()));
            return true;
        }
        PathOffer.Slab slab = slabOf(remote);
        if (operation.length == 0) {
            end(operation, null);
            return true;
        }
        long address = slab.address() + remote.keyLow() + operation.remoteOffset;
        boolean taken = operation.isWrite
                ? path.write(slot, operation.memory(), operation.localOffset, operation.length, address, slab.key())
                : path.read(slot, operation.memory(), operation.localOffset, operation.length, address, slab.key());
        operation.sent = taken;
        return taken;
    }

    /** The peer named it, in a message: it may be anything. */
    private PathOffer.Slab slabOf(RemoteRegion remote) throws TransportException {
        long index = remote.keyHigh();
        if (index < 0 || index >= theirs.slabs().size()) {
            throw denied(
                    "transport.region.key",
                    "slab " + index + ", and the peer has " + theirs.slabs().size());
        }
        PathOffer.Slab slab = theirs.slabs().get((int) index);
        long start = remote.keyLow();
        if (start < 0 || start > slab.length() || remote.length() > slab.length() - start) {
            throw denied(
                    "transport.region.bounds",
                    "offset=" + start + " length=" + remote.length() + " of a slab of " + slab.length());
        }
        return slab;
    }

    private static TransportException denied(String code, String message) {
        return new TransportException(Kind.ACCESS_DENIED, code, "a remote region addresses " + message);
    }

    private void end(Operation operation, @Nullable TransportException cause) {
        session.active().operations().end(operation, cause);
    }

    // In.

    void onFrame(UnsafeBuffer buffer, ByteBuffer raw, int offset, int length) throws TransportException {
        if (stopped && session.isEnded()) {
            return;
        }
        if (!reader.read(buffer, raw, offset, length, maxMessageLength) || reader.length() != length) {
            throw new TransportException(
                    Kind.PROTOCOL,
                    "transport.frame.length",
                    "a frame of " + reader.length() + " bytes came in " + length);
        }
        int dataStart = offset + reader.dataOffset();
        int found = 0;
        if (reader.dataLength() > 0) {
            crc.reset();
            raw.limit(dataStart + reader.dataLength()).position(dataStart);
            crc.update(raw);
            found = (int) crc.getValue();
        }
        reader.checkData(found);
        session.received();
        session.wire().frames().onPathMessage(reader, buffer, dataStart);
    }

    void onOperationEnd(int slot, @Nullable TransportException cause) {
        Operation operation = session.active().operations().slot(slot);
        if (operation.isSubmitted() && operation.sent) {
            end(operation, cause);
            revocations.onOperationEnd();
        }
    }

    // The end.

    /** Whether everything that was handed over has completed. */
    boolean isIdle() {
        return stopped || path.isIdle();
    }

    /** Hands over nothing more. */
    void stop() {
        stopped = true;
    }

    /** When the device can't touch an exposure any more that was revoked, or has outlived its connection. */
    CompletableFuture<Void> gone(RemoteRegion exposed) {
        for (Exposure exposure : held) {
            if (exposure.descriptor.equals(exposed)) {
                return exposure.gone;
            }
        }
        return revocations.gone(exposed);
    }

    /** The connection has ended: its exposures are kept until the device can't touch them. */
    void hold(List<Exposure> exposures) {
        for (Exposure exposure : exposures) {
            exposure.use();
            held.add(exposure);
            exposure.revoke();
        }
        revocations.takeWaiting(held);
        if (closed) {
            closed();
        }
    }

    /** The device touches nothing any more. */
    void closed() {
        closed = true;
        held.forEach(Exposure::endUse);
        held.clear();
    }
}
