// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.Access;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionListener;
import io.sluice.transport.ConnectionPath;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.MessageClaim;
import io.sluice.transport.MessageHandler;
import io.sluice.transport.OperationHandler;
import io.sluice.transport.PeerIdentity;
import io.sluice.transport.Region;
import io.sluice.transport.RegionMemory;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.engine.Waiters.Want;
import io.sluice.transport.wire.FrameFormat;
import io.sluice.transport.wire.Hello;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The application's side of a connection. Submissions go through one many-to-one ring, so that their order is the wire's;
 * what comes in goes through a {@link Delivery}. Credits and slots are taken here, before anything enters the ring, so
 * that what stands in the ring can always be sent and nothing blocks what stands behind it.
 */
final class EngineConnection implements Connection, MessageClaim.Owner {
    /** In the ring: a message. */
    static final int MESSAGE = 1;
    /** In the ring: the slot of an operation. */
    static final int OPERATION = 2;

    private final Session session;
    private final long id;
    private final PeerIdentity peer;
    private final LongSupplier clock;
    private final int maxMessageLength;
    private final @Nullable PathData data;
    private final ConnectionPath path;
    private final Credits credits;
    private final OperationTable operations;
    private final OneSided oneSided;
    private final ExposureTable exposures;
    private final Delivery delivery;
    private final ManyToOneRingBuffer ring;
    private final AtomicReference<ConnectionState> state = new AtomicReference<>(ConnectionState.ACTIVE);
    private final CompletableFuture<ConnectionState> closed = new CompletableFuture<>();
    private volatile @Nullable TransportException failure;
    /** The agent's. */
    private long sentMessages;

    private final Waiters waiters = new Waiters();

    EngineConnection(
            Session session,
            long id,
            PeerIdentity peer,
            TransportContext context,
            Hello hello,
            long epoch,
            @Nullable PathData data,
            ConnectionPath path) {
        this.session = session;
        this.id = id;
        this.peer = peer;
        this.clock = context.nanoClock();
        this.maxMessageLength = Math.min(context.maxMessageLength(), hello.maxMessageLength());
        this.data = data;
        this.path = path;
        int ringLength = Limits.ringLength(context);
        // The receiver's own windows, not cut to this side's ring: it returns credit by quarters of them.
        long sendMessages = hello.messageWindow();
        long sendBytes = hello.byteWindow();
        long takeMessages = context.messageWindow();
        long takeBytes = Limits.byteWindow(context);
        if (data != null) {
            sendMessages = Math.min(sendMessages, data.theirRing().messageWindow());
            sendBytes = Math.min(sendBytes, data.theirRing().byteWindow());
            takeMessages = Math.min(takeMessages, data.ownRing().messageWindow());
            takeBytes = Math.min(takeBytes, data.ownRing().byteWindow());
        }
        this.credits = new Credits(sendMessages, sendBytes);
        this.operations = new OperationTable(Math.min(context.maxOperations(), hello.maxOperations()));
        this.exposures =
                new ExposureTable(epoch, context.maxExposures(), context.random(), data == null ? null : data.given());
        this.delivery = new Delivery(ringLength, takeMessages, takeBytes);
        this.ring = new ManyToOneRingBuffer(new RingMemory(ringLength));
        this.oneSided = new OneSided(
                this,
                session,
                operations,
                waiters,
                data == null ? null : data.given(),
                context.regionPool(),
                hello.epoch());
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public PeerIdentity peer() {
        return peer;
    }

    @Override
    public ConnectionState state() {
        return Objects.requireNonNull(state.get());
    }

    @Override
    public @Nullable TransportException failure() {
        return failure;
    }

    @Override
    public ConnectionPath path() {
        return path;
    }

    @Override
    public int maxMessageLength() {
        return maxMessageLength;
    }

    @Override
    public LongSupplier nanoClock() {
        return clock;
    }

    @Override
    public CompletableFuture<ConnectionState> closed() {
        return closed;
    }

    @Override
    public long offer(DirectBuffer buffer, int offset, int length) {
        checkLength(length);
        int bytes = FrameFormat.creditBytes(length);
        long position = reserve(bytes);
        if (position < 0) {
            return position;
        }
        if (!sendNow(buffer, offset, length)) {
            if (!ring.write(MESSAGE, buffer, offset, length)) {
                return noRoom(bytes);
            }
            session.schedule();
        }
        return position;
    }

    /** Where data go by a path, and the agent's own callback sends, and nothing is to go before: without the ring. */
    private boolean sendNow(DirectBuffer buffer, int offset, int length) {
        PathData onPath = data;
        return onPath != null && session.flushesSoon() && ring.size() == 0 && onPath.sendNow(buffer, offset, length);
    }

    @Override
    public long tryClaim(int length, MessageClaim claim) {
        checkLength(length);
        int bytes = FrameFormat.creditBytes(length);
        long position = reserve(bytes);
        if (position < 0) {
            return position;
        }
        int index = ring.tryClaim(MESSAGE, length);
        if (index < 0) {
            return noRoom(bytes);
        }
        claim.set(this, ring.buffer(), index, length);
        return position;
    }

    /** Credit for a message. The state is looked at after it was taken, see {@link #isIdle}. */
    private long reserve(int bytes) {
        long position = credits.reserve(bytes);
        ConnectionState now = state();
        if (now != ConnectionState.ACTIVE) {
            if (position >= 0) {
                credits.cancel(bytes);
            }
            if (now == ConnectionState.DRAINING) {
                session.schedule();
            }
            return CLOSED;
        }
        if (position < 0) {
            waiters.refused(Want.MESSAGE);
            return BACK_PRESSURED;
        }
        return position;
    }

    private long noRoom(int bytes) {
        credits.cancel(bytes);
        waiters.refused(Want.MESSAGE);
        session.schedule();
        return BACK_PRESSURED;
    }

    private void checkLength(int length) {
        if (length < 0 || length > maxMessageLength) {
            throw new IllegalArgumentException("length=" + length + " is beyond maxMessageLength=" + maxMessageLength);
        }
    }

    @Override
    public void commit(int offset, int length) {
        ring.commit(offset);
        session.schedule();
    }

    @Override
    public void abort(int offset, int length) {
        ring.abort(offset);
        credits.cancel(FrameFormat.creditBytes(length));
        session.schedule();
    }

    @Override
    public int poll(MessageHandler handler, int limit) {
        boolean ended = state().isTerminal();
        try {
            int count = delivery.poll(handler, limit);
            return count == 0 && ended ? (int) CLOSED : count;
        } finally {
            if (!ended && delivery.isCreditDue()) {
                session.schedule();
            }
        }
    }

    @Override
    public long write(
            Region source,
            int sourceOffset,
            int length,
            RemoteRegion target,
            long targetOffset,
            long operationId,
            OperationHandler handler) {
        return oneSided.write(source, sourceOffset, length, target, targetOffset, operationId, handler);
    }

    @Override
    public long read(
            RemoteRegion source,
            long sourceOffset,
            Region target,
            int targetOffset,
            int length,
            long operationId,
            OperationHandler handler) {
        return oneSided.read(source, sourceOffset, target, targetOffset, length, operationId, handler);
    }

    @Override
    public RemoteRegion expose(Region region, int offset, int length, Access access) throws TransportException {
        if (access == Access.NONE) {
            throw new IllegalArgumentException("access=NONE, and a region is exposed to be used");
        }
        PathData onPath = data;
        if (onPath != null && !onPath.given().access().allows(access)) {
            throw new TransportException(
                    TransportException.Kind.ACCESS_DENIED,
                    "transport.expose.access",
                    peer + " is of those that are given " + onPath.given() + ", not " + access);
        }
        RegionMemory held = oneSided.retain(region, offset, length);
        try {
            return exposures.add(region, offset, length, access);
        } finally {
            held.release();
        }
    }

    @Override
    public CompletableFuture<Void> revoke(RemoteRegion exposed) {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        session.execute(() -> {
            Exposure exposure = exposures.remove(exposed);
            if (exposure == null) {
                var unused = session.path().gone(exposed).thenRun(() -> gone.complete(null));
            } else {
                var unused = exposure.gone.thenRun(() -> gone.complete(null));
                PathData onPath = data;
                if (onPath != null) {
                    onPath.revocations().revoke(exposure);
                    session.schedule();
                }
                exposure.revoke();
                session.revoking(exposure);
            }
        });
        return gone;
    }

    @Override
    public void whenWritable(Runnable action) {
        waiters.add(action);
        session.schedule();
    }

    @Override
    public void listener(ConnectionListener listener) {
        session.execute(() -> session.listener(listener, delivery.hasMessages()));
    }

    @Override
    public void wakeAt(long deadlineNs) {
        session.wakeAt(deadlineNs);
    }

    @Override
    public void close() {
        if (state.compareAndSet(ConnectionState.ACTIVE, ConnectionState.DRAINING)) {
            session.schedule();
        }
    }

    @Override
    public void fail(TransportException cause) {
        session.execute(() -> session.end(cause, true));
    }

    // What follows is the agent's.

    ManyToOneRingBuffer submissions() {
        return ring;
    }

    Credits credits() {
        return credits;
    }

    OperationTable operations() {
        return operations;
    }

    ExposureTable exposures() {
        return exposures;
    }

    Delivery delivery() {
        return delivery;
    }

    long takenMessages() {
        return delivery.takenMessages();
    }

    long takenBytes() {
        return delivery.takenBytes();
    }

    boolean isCreditDue() {
        return delivery.isCreditDue();
    }

    void creditsSent(long messages, long bytes) {
        delivery.creditsSent(messages, bytes);
    }

    /** Whether data go by another way than the stream. */
    boolean isOnPath() {
        return data != null;
    }

    long sentMessages() {
        return sentMessages;
    }

    /** The number of the next message to be sent. */
    long nextMessage() {
        return ++sentMessages;
    }

    /**
     * Whether all that was submitted was sent, and answered. Where the connection is draining that stays so: a submitter
     * takes its credit or its slot first and looks at the state then, so that either it is seen here, or it sees that it
     * is too late.
     */
    boolean isIdle() {
        return credits.reservedMessages() == sentMessages && operations.isIdle() && ring.size() == 0;
    }

    /** Whether the longest message would find no credit. */
    boolean isShortOfCredit() {
        return !credits.has(FrameFormat.creditBytes(maxMessageLength));
    }

    boolean hasWaiters() {
        return !waiters.isEmpty();
    }

    /** The waiters to be run now. */
    List<Runnable> takeWaiters() {
        if (state() != ConnectionState.ACTIVE) {
            return waiters.take(true, true);
        }
        boolean ringHasRoom = ring.size() <= ring.capacity() * 3 / 4;
        return waiters.take(
                ringHasRoom && credits.has(FrameFormat.creditBytes(maxMessageLength)),
                ringHasRoom && operations.free() > 0);
    }

    /** The agent begins or has ended to close. */
    void state(ConnectionState next, @Nullable TransportException cause) {
        failure = cause;
        state.set(next);
    }

    @Override
    public String toString() {
        return "Connection{id=" + id + ", peer=" + peer + ", state=" + state + "}";
    }
}
