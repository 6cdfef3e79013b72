// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.ConnectionPath;
import io.sluice.transport.PeerClass;
import io.sluice.transport.PeerIdentity;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.wire.ErrorBody;
import io.sluice.transport.wire.FrameFormat;
import io.sluice.transport.wire.FrameType;
import io.sluice.transport.wire.PathOffer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A session's way for data beside its stream, from the negotiation to the end; the agent's. The listener's OFFER, the
 * dialler's USE when it is connected there, the listener's AGREED; or DECLINE instead of any of them, and data stay on the
 * stream. Whichever side can't go on says so in its turn, so that both always choose alike.
 */
final class PathEnd implements DataPathEvents {
    private static final long NEVER = Long.MAX_VALUE;
    private static final int MAX_REASON = 1000;
    /** How long the stream may take to tell why the peer ended its path, or that it ended in order. */
    private static final long GRACE_NS = 2_000_000_000L;

    private final Session session;
    private final Agent agent;
    private final DataPaths paths;
    private final boolean dialler;
    private @Nullable PeerIdentity peer;
    private int maxMessageLength;
    private Stage stage = Stage.NONE;
    private @Nullable DataPath path;
    private @Nullable PathOffer theirs;
    private @Nullable PathData data;
    private @Nullable TransportException broken;
    private @Nullable PeerClass given;
    private boolean ready;
    private boolean agreedIsComing;
    private boolean closing;
    private long deadlineNs = NEVER;

    private enum Stage {
        /** There is none. */
        NONE,
        /** Dialler: waits for OFFER. */
        OFFERING,
        /** Listener: has sent OFFER, waits for USE. */
        OFFERED,
        /** Dialler: waits for its path to be there. */
        CONNECTING,
        /** Dialler: has sent USE, waits for AGREED. */
        USED,
        /** Listener: has USE, waits for its path to be there. */
        JOINING,
        /** Both know what data go by. */
        CHOSEN
    }

    PathEnd(Session session, Agent agent, boolean dialler) {
        this.session = session;
        this.agent = agent;
        this.paths = agent.paths();
        this.dialler = dialler;
    }

    /**
     * The data's end.
     *
     * @throws TransportException {@code PROTOCOL} where data go by the stream
     */
    PathData data() throws TransportException {
        PathData open = data;
        if (open == null) {
            throw new TransportException(
                    Kind.PROTOCOL,
                    "transport.frame.order",
                    "peer sent what is for RDMA only, and data go by the stream");
        }
        return open;
    }

    /** Whether the device may still touch memory for it. */
    boolean isOpen() {
        return path != null;
    }

    // The negotiation.

    /** Whether the proofs are there, and this goes on. */
    boolean isNegotiating() {
        return stage != Stage.NONE && stage != Stage.CHOSEN;
    }

    /** The proofs are there. */
    void begin(PeerIdentity proven, int longestMessage) throws TransportException {
        peer = proven;
        maxMessageLength = longestMessage;
        stage = dialler ? Stage.OFFERING : Stage.OFFERED;
        if (dialler) {
            return;
        }
        String refusal = paths.refusal(peer(), agent.nowNs());
        if (refusal != null) {
            decline(refusal);
            return;
        }
        try {
            PeerClass ofPeer = paths.classOf(peer());
            given = ofPeer;
            DataPath opened = paths.provider().listen(ofPeer, this);
            path = opened;
            control(FrameType.OFFER, opened.offer().encode());
        } catch (TransportException e) {
            decline(textOf(e));
        }
    }

    /** A frame on the stream, before the connection is active. */
    void onFrame(FrameType type, byte[] body) throws TransportException {
        if (type == FrameType.ERROR) {
            throw new PeerError(ErrorBody.decode(body));
        } else if (type == FrameType.OFFER && stage == Stage.OFFERING) {
            onOffer(PathOffer.decode(body));
        } else if (type == FrameType.USE && stage == Stage.OFFERED) {
            onUse(PathOffer.decode(body));
        } else if (type == FrameType.AGREED && stage == Stage.USED) {
            choose();
        } else if (type == FrameType.DECLINE
                && (stage == Stage.OFFERING || stage == Stage.USED || stage == Stage.OFFERED)) {
            stay("the peer declined: " + printable(body));
        } else {
            throw new TransportException(
                    Kind.PROTOCOL, "transport.negotiation.order", "peer sent " + type + " while " + stage);
        }
    }

    private void onOffer(PathOffer offer) throws TransportException {
        String refusal = paths.refusal(peer(), agent.nowNs());
        if (refusal != null) {
            decline(refusal);
            return;
        }
        try {
            checkRing(offer);
            PeerClass ofPeer = paths.classOf(peer());
            given = ofPeer;
            theirs = offer;
            path = paths.provider().dial(offer, ofPeer, this);
        } catch (TransportException e) {
            fail(e);
            return;
        }
        wait(Stage.CONNECTING);
    }

    private void onUse(PathOffer use) throws TransportException {
        wait(Stage.JOINING);
        try {
            checkRing(use);
            theirs = use;
            open().peer(use);
        } catch (TransportException e) {
            fail(e);
            return;
        }
        if (broken != null) {
            fail(broken);
        } else if (ready) {
            agree();
        }
    }

    private void checkRing(PathOffer offer) throws TransportException {
        RingShape ring = new RingShape(offer.slotLength(), offer.depth());
        if (ring.byteWindow() < FrameFormat.creditBytes(maxMessageLength)) {
            throw new TransportException(
                    Kind.RESOURCES,
                    "transport.rdma.ring",
                    "the peer's ring of " + offer.depth() + " slots of " + offer.slotLength()
                            + " bytes is too short for messages of " + maxMessageLength);
        }
    }

    /** Half of the time that is left, so that the other half is enough for the stream. */
    private void wait(Stage next) {
        stage = next;
        long nowNs = agent.nowNs();
        deadlineNs = nowNs + Math.max(0, session.deadlineNs() - nowNs) / 2;
        agent.timerAt(deadlineNs);
    }

    private void agree() {
        control(FrameType.AGREED, new byte[0]);
        choose();
    }

    private void choose() {
        TransportException cause = broken;
        if (cause != null) {
            session.end(cause, true);
            return;
        }
        chosen();
        data = new PathData(
                session, open(), Objects.requireNonNull(theirs), Objects.requireNonNull(given), maxMessageLength);
        session.activate(data, new ConnectionPath(paths.provider().name(), null));
    }

    private void chosen() {
        stage = Stage.CHOSEN;
        deadlineNs = NEVER;
    }

    /** It did not work, and it is this side's turn: says so. */
    private void fail(TransportException cause) throws TransportException {
        if (cause.kind() != Kind.BUSY) {
            paths.refuse(peer(), textOf(cause), agent.nowNs());
        }
        decline(textOf(cause));
    }

    private void decline(String reason) throws TransportException {
        byte[] text = reason.getBytes(StandardCharsets.UTF_8);
        control(FrameType.DECLINE, text.length <= MAX_REASON ? text : Arrays.copyOf(text, MAX_REASON));
        stay(reason);
    }

    private void stay(String reason) throws TransportException {
        chosen();
        close();
        session.stayOnStream(peer(), reason);
    }

    private static String textOf(TransportException e) {
        return String.valueOf(e.getMessage());
    }

    private static String printable(byte[] body) {
        return new String(body, StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", "?");
    }

    /** AGREED, which the first message on the path overtook. */
    void onLateAgreed() throws TransportException {
        if (!agreedIsComing) {
            throw new TransportException(
                    Kind.PROTOCOL, "transport.negotiation.order", "peer sent AGREED on an active connection");
        }
        agreedIsComing = false;
    }

    // What the path tells.

    @Override
    public void onReady() {
        ready = true;
        guarded(() -> {
            if (stage == Stage.CONNECTING) {
                control(FrameType.USE, open().offer().encode());
                stage = Stage.USED;
                deadlineNs = NEVER;
            } else if (stage == Stage.JOINING) {
                agree();
            }
        });
    }

    @Override
    public void onFrame(UnsafeBuffer buffer, ByteBuffer raw, int offset, int length) {
        try {
            if (stage == Stage.USED) {
                agreedIsComing = true;
                choose();
            }
            PathData open = data;
            if (open == null) {
                throw new TransportException(
                        Kind.PROTOCOL, "transport.negotiation.order", "peer sent a message during negotiation");
            }
            open.onFrame(buffer, raw, offset, length);
        } catch (TransportException e) {
            session.end(e, true);
        } catch (RuntimeException e) {
            session.bug(e);
        } catch (OutOfMemoryError e) {
            session.end(Failures.memory(e), true);
        }
    }

    @Override
    public void onOperationEnd(int slot, @Nullable TransportException cause) {
        PathData open = data;
        if (open != null) {
            try {
                open.onOperationEnd(slot, cause);
            } catch (RuntimeException e) {
                session.bug(e);
            }
        }
    }

    @Override
    public void onProgress() {
        session.onPathProgress();
    }

    @Override
    public void onBroken(TransportException cause) {
        if (broken != null || closing) {
            return;
        }
        broken = cause;
        PathData open = data;
        if (open != null) {
            open.stop();
        }
        if (stage == Stage.CONNECTING || stage == Stage.JOINING) {
            guarded(() -> fail(cause));
            session.flush();
        } else if (open != null && cause.kind() != Kind.PEER_DEAD) {
            session.end(cause, true);
        } else if (open != null) {
            deadlineNs = agent.nowNs() + GRACE_NS;
            agent.timerAt(deadlineNs);
        }
    }

    @Override
    public void onClosed() {
        path = null;
        PathData open = data;
        if (open != null) {
            open.closed();
        }
        session.removeIfGone();
    }

    // The session's.

    /** Hands over what was submitted. */
    void flush() throws TransportException {
        PathData open = data;
        if (open != null) {
            open.flush();
        }
    }

    /** Whether everything that was handed over has completed. */
    boolean isIdle() {
        PathData open = data;
        return open == null || open.isIdle();
    }

    /** When the peer can no longer touch what was exposed, and is exposed no more. */
    CompletableFuture<Void> gone(RemoteRegion exposed) {
        PathData open = data;
        return open == null ? CompletableFuture.completedFuture(null) : open.gone(exposed);
    }

    /** The connection has ended; its exposures are gone when nobody can touch them. */
    void endExposures(List<Exposure> exposures) {
        PathData open = data;
        if (open != null) {
            open.hold(exposures);
        } else {
            exposures.forEach(Exposure::revoke);
        }
    }

    private void control(FrameType type, byte[] body) {
        session.wire().outbound().control(new Handshake.Reply(type, body));
    }

    private PeerIdentity peer() {
        return Objects.requireNonNull(peer);
    }

    /** Runs what may find that the session can't go on: no reason to end the other connections. */
    private void guarded(Step step) {
        try {
            step.run();
        } catch (TransportException e) {
            session.end(e, true);
        } catch (RuntimeException e) {
            session.bug(e);
        } catch (OutOfMemoryError e) {
            session.end(Failures.memory(e), true);
        }
    }

    private interface Step {
        void run() throws TransportException;
    }

    /** Does what is due; when something will be next. */
    long runTimer(long nowNs) {
        if (deadlineNs != NEVER && nowNs - deadlineNs >= 0) {
            deadlineNs = NEVER;
            TransportException cause = broken;
            if (stage == Stage.CHOSEN) {
                session.end(Objects.requireNonNull(cause), false); // the peer's end of it is broken too
            } else {
                guarded(() -> fail(new TransportException(
                        Kind.TIMED_OUT, "transport.rdma.deadline", "no queue pair with " + peer() + " in time")));
                session.flush(); // nothing else may happen for long that takes DECLINE along
            }
        }
        return deadlineNs;
    }

    /** Ends it; what it has of memory is given back when it is closed. */
    void close() {
        DataPath open = path;
        if (open != null && !closing) {
            closing = true;
            PathData held = data;
            if (held != null) {
                held.stop();
            }
            open.close();
        }
    }

    private DataPath open() {
        return Objects.requireNonNull(path);
    }
}
