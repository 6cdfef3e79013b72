// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import io.sluice.transport.RegionMemory;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.engine.DataPath;
import io.sluice.transport.engine.DataPathEvents;
import io.sluice.transport.rdma.verbs.QueuePair.Completions;
import io.sluice.transport.wire.PathOffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A connection's data over one queue pair. Waits for its queue pair, which {@link Dialling} or a {@link Knock} brings; uses
 * it; ends it. The agent's.
 */
final class VerbsPath implements DataPath, Completions {
    private static final int POLLS_PER_PASS = 4;
    /** After the peer has disconnected: it may have said on its stream why, or that all is in order. */
    private static final long GRACE_NS = 1_000_000_000;

    private enum State {
        /** There is no queue pair yet. */
        WAITING,
        READY,
        /** The engine was told, and closes it. */
        BROKEN,
        CLOSING,
        CLOSED
    }

    private final VerbsProvider provider;
    private final TransportContext context;
    private final DataPathEvents events;
    private final PathOffer offer;
    private State state = State.WAITING;
    private @Nullable PathOffer peer;
    private @Nullable Dialling dialling;
    private @Nullable QueuePair pair;
    private @Nullable FrameReceiver receiver;
    private @Nullable SendQueue sends;
    private @Nullable Ending ending;
    private boolean disconnected;
    private long disconnectedNs;

    VerbsPath(VerbsProvider provider, TransportContext context, PathOffer offer, DataPathEvents events) {
        this.provider = provider;
        this.context = context;
        this.offer = offer;
        this.events = events;
    }

    /** It is the one that dials. */
    void dialling(Dialling begun, PathOffer theirs) {
        dialling = begun;
        peer = theirs;
    }

    boolean isWaiting() {
        return state == State.WAITING;
    }

    boolean isClosed() {
        return state == State.CLOSED;
    }

    /** A queue pair that is connected and, of a listening path, whose peer has told the cookie. */
    void connected(QueuePair connected) {
        dialling = null;
        pair = connected;
        receiver = new FrameReceiver(connected.ring(), context.maxMessageLength(), events);
        state = State.READY;
        makeSendQueue();
    }

    private void makeSendQueue() {
        QueuePair connected = pair;
        PathOffer theirs = peer;
        if (connected != null && theirs != null && sends == null) {
            sends = new SendQueue(connected, theirs.slotLength(), context.maxOperations(), this::onOperationEnd);
        }
    }

    /** The first message of a dialler. */
    void sendCookie(byte[] cookie) throws IOException {
        SendQueue queue = sends();
        int at = queue.claim(cookie.length);
        sendBuffer().putBytes(at, cookie);
        queue.commit(at, cookie.length);
        queue.flush();
    }

    void ready() {
        events.onReady();
        events.onProgress();
    }

    @Override
    public PathOffer offer() {
        return offer;
    }

    @Override
    public void peer(PathOffer theirs) throws TransportException {
        if (peer != null) {
            throw new TransportException(Kind.PROTOCOL, "transport.rdma.offer", "the peer told of its ring twice");
        }
        peer = theirs;
        makeSendQueue();
    }

    @Override
    public UnsafeBuffer sendBuffer() {
        return pair().ring().sendBuffer();
    }

    @Override
    public ByteBuffer sendBytes() {
        return pair().ring().sendBytes();
    }

    private QueuePair pair() {
        return Objects.requireNonNull(pair, "not connected");
    }

    private SendQueue sends() {
        return Objects.requireNonNull(sends, "not connected, or the peer's ring is not known");
    }

    @Override
    public int claim(int length) {
        return state == State.READY ? sends().claim(length) : -1;
    }

    @Override
    public void commit(int offset, int length) throws TransportException {
        try {
            sends().commit(offset, length);
        } catch (IOException e) {
            throw refused(e);
        }
    }

    @Override
    public boolean write(int slot, RegionMemory local, int localOffset, int length, long remoteAddress, int remoteKey)
            throws TransportException {
        return take(slot, true, local, localOffset, length, remoteAddress, remoteKey);
    }

    @Override
    public boolean read(int slot, RegionMemory local, int localOffset, int length, long remoteAddress, int remoteKey)
            throws TransportException {
        return take(slot, false, local, localOffset, length, remoteAddress, remoteKey);
    }

    private boolean take(
            int slot,
            boolean isWrite,
            RegionMemory local,
            int localOffset,
            int length,
            long remoteAddress,
            int remoteKey)
            throws TransportException {
        try {
            return state == State.READY
                    && sends().take(slot, isWrite, local, localOffset, length, remoteAddress, remoteKey);
        } catch (IOException e) {
            throw refused(e);
        }
    }

    @Override
    public void flush() throws TransportException {
        if (state == State.READY) {
            try {
                sends().flush();
            } catch (IOException e) {
                throw refused(e);
            }
        }
    }

    private static TransportException refused(IOException cause) {
        return new TransportException(
                Kind.PEER_DEAD, "transport.rdma.post", "the device refused a request: " + cause.getMessage(), cause);
    }

    @Override
    public boolean isIdle() {
        SendQueue queue = sends;
        return queue == null || queue.isIdle();
    }

    /** Does what there is to do; how much. */
    int poll() {
        return switch (state) {
            case WAITING, CLOSED -> 0;
            case READY -> pollCompletions();
            case BROKEN -> 0;
            case CLOSING -> pollEnd(context.nanoClock().getAsLong(), false) ? 1 : 0;
        };
    }

    private int pollCompletions() {
        int total = 0;
        try {
            for (int i = 0; i < POLLS_PER_PASS && state == State.READY; i++) {
                int count = pair().poll(this);
                total += count;
                if (count < Calls.COMPLETIONS_PER_POLL) {
                    break; // none is left: not asked for once more, since the program waits for what has come
                }
            }
        } catch (IOException e) {
            broken(e);
        }
        if (total > 0 && state == State.READY) {
            events.onProgress();
        }
        repostLate();
        if (disconnected && state == State.READY && context.nanoClock().getAsLong() - disconnectedNs >= GRACE_NS) {
            broken(new TransportException(
                    Kind.PEER_DEAD, "transport.rdma.disconnected", "the peer disconnected its queue pair"));
        }
        return total;
    }

    /** After the program was told, which answers sooner so. */
    private void repostLate() {
        if (state == State.READY) {
            try {
                pair().repostLate();
            } catch (IOException e) {
                broken(e);
            }
        }
    }

    // Completions; after the path is closed, or broken, by one of them the others of the same poll are dropped.

    @Override
    public void onSent(long request) {
        SendQueue queue = sends;
        if (queue != null && state == State.READY) {
            try {
                queue.onSent(request);
            } catch (IOException e) {
                broken(e);
            }
        }
    }

    private void onOperationEnd(int slot) {
        if (state == State.READY) {
            events.onOperationEnd(slot, null);
        }
    }

    @Override
    public void onReceived(int slot, int length) {
        if (state == State.READY) {
            try {
                Objects.requireNonNull(receiver).onPiece(slot, length);
                if (state == State.READY) {
                    pair().repostLater(slot);
                }
            } catch (IOException e) {
                broken(e);
            }
        }
    }

    @Override
    public void onFailed(int status) {
        if (state == State.READY) {
            if (status == Status.FLUSHED) {
                disconnected();
            } else {
                broken(Status.failure(status));
            }
        }
    }

    /** The peer has disconnected, or the queue pair is no longer good for a reason that nobody told. */
    void disconnected() {
        if (!disconnected) {
            disconnected = true;
            disconnectedNs = context.nanoClock().getAsLong();
        }
    }

    /** Tells the engine, once, unless it has closed the path. */
    void broken(TransportException cause) {
        if (state == State.WAITING || state == State.READY) {
            state = State.BROKEN;
            events.onBroken(cause);
        }
    }

    /** As {@link #broken(TransportException)}, whatever it was. */
    void broken(IOException cause) {
        broken(cause instanceof TransportException named ? named : refused(cause));
    }

    /** Whether it waits for a time. */
    boolean hasDeadline() {
        return ending != null || disconnected;
    }

    /** Has its completions wake the agent; false where it must be polled first. */
    boolean arm() throws IOException {
        Ending end = ending;
        if (end != null) {
            return !end.arm();
        }
        QueuePair connected = pair;
        return state != State.CLOSING && (state != State.READY || connected == null || !connected.arm());
    }

    @Override
    public void close() {
        if (state == State.CLOSING || state == State.CLOSED) {
            return;
        }
        state = State.CLOSING;
        SendQueue queue = sends;
        if (queue != null) {
            queue.stop();
        }
        QueuePair connected = pair;
        Dialling begun = dialling;
        if (connected != null) {
            ending = provider.end(connected);
        } else if (begun != null) {
            ending = begun.abandon();
        }
        provider.closing();
    }

    /** Whether nothing is left of it, which the engine is told. */
    boolean pollEnd(long nowNs, boolean force) {
        Ending end = ending;
        if (end != null && !end.poll(nowNs, force)) {
            return false;
        }
        ending = null;
        disconnected = false;
        state = State.CLOSED;
        SendQueue queue = sends;
        if (queue != null) {
            queue.release();
        }
        events.onClosed();
        return true;
    }
}
