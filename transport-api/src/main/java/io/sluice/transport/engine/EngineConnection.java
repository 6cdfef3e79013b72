// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.transport.Access;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionListener;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.MessageClaim;
import io.sluice.transport.MessageHandler;
import io.sluice.transport.OperationHandler;
import io.sluice.transport.PeerIdentity;
import io.sluice.transport.Region;
import io.sluice.transport.RegionMemory;
import io.sluice.transport.RegionPool;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.wire.FrameFormat;
import io.sluice.transport.wire.Hello;
import java.util.ArrayList;
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
    private final @Nullable RegionPool pool;
    private final int maxMessageLength;
    private final long peerEpoch;
    private final Credits credits;
    private final OperationTable operations;
    private final ExposureTable exposures;
    private final Delivery delivery;
    private final ManyToOneRingBuffer ring;
    private final AtomicReference<ConnectionState> state = new AtomicReference<>(ConnectionState.ACTIVE);
    private final CompletableFuture<ConnectionState> closed = new CompletableFuture<>();
    private volatile @Nullable TransportException failure;
    private volatile boolean messagesBlocked;
    private volatile boolean operationsBlocked;
    private volatile boolean hasWaiters;

    @GuardedBy("this")
    private List<Runnable> waiters = new ArrayList<>();

    EngineConnection(Session session, long id, PeerIdentity peer, TransportContext context, Hello hello, long epoch) {
        this.session = session;
        this.id = id;
        this.peer = peer;
        this.clock = context.nanoClock();
        this.pool = context.regionPool();
        this.maxMessageLength = Math.min(context.maxMessageLength(), hello.maxMessageLength());
        this.peerEpoch = hello.epoch();
        int ringLength = Limits.ringLength(context);
        this.credits = new Credits(hello.messageWindow(), Math.min(hello.byteWindow(), ringLength / 2));
        this.operations = new OperationTable(Math.min(context.maxOperations(), hello.maxOperations()));
        this.exposures = new ExposureTable(epoch, context.maxExposures(), context.random());
        this.delivery = new Delivery(ringLength, context.messageWindow(), Limits.byteWindow(context));
        this.ring = new ManyToOneRingBuffer(new RingMemory(ringLength));
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
        if (state() != ConnectionState.ACTIVE) {
            return CLOSED;
        }
        int bytes = FrameFormat.creditBytes(length);
        long position = credits.reserve(bytes);
        if (position < 0) {
            messagesBlocked = true;
            return BACK_PRESSURED;
        }
        if (!ring.write(MESSAGE, buffer, offset, length)) {
            return noRoom(bytes);
        }
        session.schedule();
        return position;
    }

    @Override
    public long tryClaim(int length, MessageClaim claim) {
        checkLength(length);
        if (state() != ConnectionState.ACTIVE) {
            return CLOSED;
        }
        int bytes = FrameFormat.creditBytes(length);
        long position = credits.reserve(bytes);
        if (position < 0) {
            messagesBlocked = true;
            return BACK_PRESSURED;
        }
        int index = ring.tryClaim(MESSAGE, length);
        if (index < 0) {
            return noRoom(bytes);
        }
        claim.set(this, ring.buffer(), index, length);
        return position;
    }

    private long noRoom(int bytes) {
        credits.cancel(bytes);
        messagesBlocked = true;
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
        int count = delivery.poll(handler, limit);
        if (count > 0 && delivery.isCreditDue()) {
            session.schedule();
        }
        return count == 0 && ended ? (int) CLOSED : count;
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
        checkRemote(target, targetOffset, length, Access.WRITE);
        return submit(true, source, sourceOffset, length, target, targetOffset, operationId, handler);
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
        checkRemote(source, sourceOffset, length, Access.READ);
        return submit(false, target, targetOffset, length, source, sourceOffset, operationId, handler);
    }

    private static void checkRemote(RemoteRegion remote, long offset, int length, Access access) {
        if (!remote.access().allows(access)) {
            throw new IllegalArgumentException(remote + " does not allow " + access);
        }
        if (offset < 0 || length < 0 || offset > remote.length() - length) {
            throw new IllegalArgumentException("offset=" + offset + " length=" + length + " is beyond " + remote);
        }
    }

    private RegionMemory retain(Region region, int offset, int length) {
        if (offset < 0 || length < 0 || offset > region.length() - length) {
            throw new IllegalArgumentException("offset=" + offset + " length=" + length + " is beyond " + region);
        }
        RegionMemory memory = region.retainMemory();
        if (memory.pool() != pool) {
            memory.release();
            throw new IllegalArgumentException("the region is not of the transport's pool");
        }
        return memory;
    }

    private long submit(
            boolean isWrite,
            Region local,
            int localOffset,
            int length,
            RemoteRegion remote,
            long remoteOffset,
            long operationId,
            OperationHandler handler) {
        RegionMemory memory = retain(local, localOffset, length);
        if (state() != ConnectionState.ACTIVE) {
            memory.release();
            return CLOSED;
        }
        if (remote.epoch() != peerEpoch) {
            memory.release();
            return STALE_REGION;
        }
        Operation operation = operations.take();
        if (operation == null) {
            memory.release();
            operationsBlocked = true;
            return BACK_PRESSURED;
        }
        operation.claim(memory, remote, operationId, handler);
        operation.isWrite = isWrite;
        operation.localOffset = localOffset;
        operation.length = length;
        operation.remoteOffset = remoteOffset;
        operation.startNs = clock.getAsLong();
        long wireId = operations.newWireId(operation);
        operation.wireId = wireId;
        return enqueue(operation, wireId);
    }

    private long enqueue(Operation operation, long wireId) {
        int index = ring.tryClaim(OPERATION, Integer.BYTES);
        if (index < 0) {
            operation.abandon();
            operations.giveBack(operation);
            operationsBlocked = true;
            session.schedule();
            return BACK_PRESSURED;
        }
        ring.buffer().putInt(index, operation.slot);
        operation.submitted();
        ring.commit(index);
        if (state().isTerminal() && operation.withdraw()) {
            operations.giveBack(operation);
            return CLOSED;
        }
        session.schedule();
        return wireId;
    }

    @Override
    public RemoteRegion expose(Region region, int offset, int length, Access access) throws TransportException {
        RegionMemory held = retain(region, offset, length);
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
                gone.complete(null);
            } else {
                var unused = exposure.gone.thenRun(() -> gone.complete(null));
                exposure.revoke();
            }
        });
        return gone;
    }

    @Override
    public void whenWritable(Runnable action) {
        synchronized (this) {
            waiters.add(action);
            hasWaiters = true;
        }
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

    boolean isIdle() {
        return ring.size() == 0 && operations.isIdle();
    }

    /** The waiters to be run now, if there is a reason to. */
    List<Runnable> takeWaiters() {
        if (!hasWaiters) {
            return List.of();
        }
        boolean ended = state() != ConnectionState.ACTIVE;
        boolean forMessages = messagesBlocked;
        boolean forOperations = operationsBlocked;
        boolean ringHasRoom = ring.size() <= ring.capacity() * 3 / 4;
        boolean messagesFree = forMessages && ringHasRoom && credits.has(FrameFormat.creditBytes(maxMessageLength));
        boolean operationsFree = forOperations && ringHasRoom && operations.free() > 0;
        if (!ended && !messagesFree && !operationsFree && (forMessages || forOperations)) {
            return List.of();
        }
        if (messagesFree) {
            messagesBlocked = false;
        }
        if (operationsFree) {
            operationsBlocked = false;
        }
        synchronized (this) {
            List<Runnable> taken = waiters;
            waiters = new ArrayList<>();
            hasWaiters = false;
            return taken;
        }
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
