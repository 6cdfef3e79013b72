// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.ConnectionListener;
import io.sluice.transport.ConnectionPath;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.PeerIdentity;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.wire.FrameType;
import io.sluice.transport.wire.Hello;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's side of a connection: its life from the first byte to the last. Everything runs on the agent but {@link
 * #schedule}, {@link #execute} and {@link #wakeAt}.
 */
final class Session implements LinkEvents, Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Session.class);
    private static final long NEVER = Long.MAX_VALUE;

    private final Agent agent;
    private final TransportContext context;
    private final long id;
    private final Handshake handshake;
    private final PathEnd path;
    private final SessionOwner owner;
    private final Liveness liveness;
    private final Callbacks callbacks = new Callbacks();
    private final AtomicBoolean scheduled = new AtomicBoolean();

    private @Nullable Wire wire;
    private @Nullable EngineConnection connection;
    private ConnectionState state = ConnectionState.NEW;
    /** The program is told of something by {@link #onReadable}, which goes on with whatever it asks for meanwhile. */
    private boolean dispatching;
    /** Of connecting, then of draining. */
    private long deadlineNs;

    Session(Agent agent, long id, boolean dialler, long timeoutNs, SessionOwner owner) {
        this.agent = agent;
        this.context = agent.context();
        this.id = id;
        this.handshake = new Handshake(context, dialler, agent.paths().features());
        this.path = new PathEnd(this, agent, dialler);
        this.owner = owner;
        this.liveness = new Liveness(context);
        this.deadlineNs = agent.nowNs() + timeoutNs;
        agent.add(this, deadlineNs);
    }

    /** Gives it its link; of a dialler, not yet connected. */
    void link(Link opened) {
        try {
            wire = new Wire(this, agent, opened);
            opened.events(this);
        } catch (OutOfMemoryError e) { // of direct memory, mostly: no reason to end the other connections
            opened.close();
            end(Failures.memory(e), false);
        }
    }

    /** An accepted link: waits for HELLO. */
    void accepted() {
        if (!isEnded()) {
            state = ConnectionState.NEGOTIATING;
        }
    }

    // What the link tells.

    @Override
    public void onConnected() {
        if (state == ConnectionState.NEW) {
            state = ConnectionState.NEGOTIATING;
            wire().outbound().control(handshake.first());
            flush();
        }
    }

    @Override
    public void onConnectFailed(IOException cause) {
        end(Failures.connect(cause), false);
    }

    @Override
    public void onReadable() {
        Wire open = wire();
        if (open.isClosed()) {
            return;
        }
        dispatching = true;
        try {
            if (!receive(open)) {
                return; // a spinning agent looks often
            }
            callbacks.tellReadable();
        } finally {
            dispatching = false;
        }
        work();
    }

    /** Whether there was anything. */
    private boolean receive(Wire open) {
        try {
            int received = open.receive();
            if (received < 0) {
                onEndOfStream(open);
            }
            return received != 0;
        } catch (TransportException e) {
            end(e, true);
        } catch (IOException e) {
            broken(e);
        } catch (RuntimeException e) {
            bug(e);
        } catch (OutOfMemoryError e) {
            end(Failures.memory(e), true);
        }
        return true;
    }

    @Override
    public void onWritable() {
        flush();
    }

    /** Scheduled: something was submitted, taken or asked for. */
    @Override
    public void run() {
        scheduled.set(false);
        work();
    }

    private void work() {
        EngineConnection open = connection;
        if (open != null && open.state() == ConnectionState.DRAINING) {
            drain();
        }
        agent.timerAt(callbacks.timerNs());
        flush();
    }

    /** Sends what there is, and tells who waits for room. */
    void flush() {
        Wire open = wire;
        if (open != null && !isEnded() && state != ConnectionState.NEW) {
            try {
                path.flush();
                if (!isEnded() && open.flush()) {
                    end(null, false);
                }
            } catch (TransportException e) {
                end(e, true);
            } catch (IOException e) {
                broken(e);
            } catch (RuntimeException e) {
                bug(e);
            }
        }
        callbacks.runWaiters();
    }

    private void broken(IOException e) {
        end(Failures.broken(peerText(), connection != null, e), false);
    }

    /** Ends it for a fault of this program, which harms no other. */
    void bug(RuntimeException e) {
        LOG.error("{}: failed unexpectedly", this, e);
        end(Failures.bug(e), true);
    }

    private void onEndOfStream(Wire from) {
        EngineConnection open = connection;
        if (!isEnded()) {
            boolean inOrder = open != null && from.peerSaidGoodbye() && open.isIdle();
            end(inOrder ? null : Failures.endOfStream(peerText(), open != null), false);
        }
        closeWire(); // the peer has said its last: nothing is left to linger for
    }

    String peerText() {
        EngineConnection open = connection;
        Wire to = wire;
        return open != null ? open.peer().toString() : to != null ? String.valueOf(to.remoteAddress()) : "nobody";
    }

    // The life.

    void negotiate(FrameType type, byte[] data) throws TransportException {
        if (path.isNegotiating()) {
            path.onFrame(type, data);
            return;
        }
        Handshake.Reply reply = handshake.on(type, data);
        if (reply != null) {
            wire().outbound().control(reply);
        }
        if (handshake.isDone()) {
            choosePath();
        }
    }

    private PeerIdentity peer() {
        Hello hello = handshake.peer();
        return new PeerIdentity(hello.role(), hello.name(), wire().remoteAddress());
    }

    private void choosePath() throws TransportException {
        Hello hello = handshake.peer();
        wire().checkPeer(hello);
        owner.checkPeer(peer());
        String whyNot = agent.paths().whyNot(hello.features());
        if (whyNot != null) {
            stayOnStream(peer(), whyNot);
            return;
        }
        path.begin(peer(), Math.min(context.maxMessageLength(), hello.maxMessageLength()));
    }

    /** Data go by the stream, for that reason. */
    void stayOnStream(PeerIdentity peer, String reason) throws TransportException {
        agent.paths().onStream(peer, reason);
        activate(null, new ConnectionPath(agent.carrierName(), reason));
    }

    /** It is active, and what its data go by is settled. */
    void activate(@Nullable PathData data, ConnectionPath by) {
        Hello hello = handshake.peer();
        EngineConnection opened = new EngineConnection(this, id, peer(), context, hello, handshake.epoch(), data, by);
        connection = opened;
        if (data != null) {
            agent.onPath();
        }
        callbacks.connection(opened);
        state = ConnectionState.ACTIVE;
        long nowNs = agent.nowNs();
        liveness.received(nowNs);
        liveness.sent(nowNs);
        agent.timerAt(liveness.heartbeatAtNs());
        owner.onActive(opened);
    }

    /** Begins to close in order, where it is active. */
    void drain() {
        EngineConnection open = connection;
        if (open != null && state == ConnectionState.ACTIVE) {
            state = ConnectionState.DRAINING;
            open.state(ConnectionState.DRAINING, null);
            deadlineNs = agent.nowNs() + context.drainTimeout().toNanos();
            agent.timerAt(deadlineNs);
        }
    }

    /** The transport closes. */
    void shutDown() {
        if (connection == null) {
            end(Failures.closed("the transport was closed"), true);
        } else {
            drain();
            flush();
        }
    }

    /** Ends it: closed in order without a cause, else failed. */
    void end(@Nullable TransportException cause, boolean tellPeer) {
        if (isEnded()) {
            return;
        }
        boolean wasConnected = state != ConnectionState.NEW;
        state = cause == null ? ConnectionState.CLOSED : ConnectionState.FAILED;
        if (cause != null) {
            LOG.debug("{}: failed", this, cause);
        }
        boolean mayTell = tellPeer && wasConnected;
        Wire last = wire;
        if (last != null) {
            if (cause != null && mayTell && !(cause instanceof PeerError)) {
                last.sayWhy(cause); // while operations hold their memory: what is half sent is sent on
            }
            last.release();
        }
        path.close();
        EngineConnection open = connection;
        if (open != null) {
            endConnection(open, cause);
        }
        if (last != null && (cause == null || mayTell)) {
            last.linger();
        } else {
            closeWire();
        }
        if (open != null) {
            // Behind a listener that was set and not yet heard of, so that it still gets what arrived.
            agent.execute(() -> tellEnd(open));
        } else {
            Callbacks.run(() -> owner.onFailed(Objects.requireNonNull(cause)));
        }
    }

    private void tellEnd(EngineConnection open) {
        callbacks.end();
        Callbacks.run(() -> open.closed().complete(state));
    }

    private void endConnection(EngineConnection open, @Nullable TransportException cause) {
        open.state(state, cause);
        open.operations().endAll(cause != null ? cause : Failures.closed("the connection was closed before the end"));
        path.endExposures(open.exposures().close());
    }

    private void closeWire() {
        Wire open = wire;
        if (open != null) {
            open.close();
        }
        removeIfGone();
    }

    /** Where neither the stream nor the path is left. */
    void removeIfGone() {
        Wire open = wire;
        if (isEnded() && (open == null || open.isClosed()) && !path.isOpen()) {
            agent.remove(this);
        }
    }

    /** The path has told something: tells the program, and sends what came of it. */
    void onPathProgress() {
        dispatching = true;
        try {
            callbacks.tellReadable();
        } finally {
            dispatching = false;
        }
        flush();
    }

    PathEnd path() {
        return path;
    }

    /** Of connecting, then of draining. */
    long deadlineNs() {
        return deadlineNs;
    }

    /** Ends at once what is left when the agent ends. */
    void abort() {
        end(Failures.closed("the transport was closed"), true);
        closeWire();
    }

    // Deadlines.

    /** Does what is due; when something will be next. */
    long runTimers(long nowNs) {
        if (isEnded()) {
            return runLingerTimer(nowNs);
        }
        EngineConnection open = connection;
        if (open != null) {
            return runActiveTimers(open, nowNs);
        }
        if (nowNs - deadlineNs >= 0) {
            end(Failures.connectDeadline(peerText()), true);
            return runLingerTimer(nowNs);
        }
        return Agent.earlier(deadlineNs, path.runTimer(nowNs));
    }

    private long runLingerTimer(long nowNs) {
        Wire last = wire;
        if (last == null || !last.isLingering()) {
            return NEVER;
        }
        if (nowNs - last.lingerUntilNs() >= 0) {
            closeWire();
            return NEVER;
        }
        return last.lingerUntilNs();
    }

    private long runActiveTimers(EngineConnection open, long nowNs) {
        TransportException missed = liveness.missed(open.operations(), peerText(), nowNs);
        if (missed == null && mayEnd() && nowNs - deadlineNs >= 0) {
            missed = Failures.drainDeadline(context.drainTimeout());
        }
        if (missed != null) {
            end(missed, true);
        } else if (liveness.isHeartbeatDue(nowNs)) {
            wire().outbound().heartbeat();
            flush();
            liveness.sent(nowNs);
        }
        if (isEnded()) {
            return runLingerTimer(nowNs);
        }
        long next = liveness.nextNs(open.operations(), nowNs);
        next = mayEnd() ? Agent.earlier(next, deadlineNs) : next;
        next = Agent.earlier(next, path.runTimer(nowNs));
        return Agent.earlier(next, callbacks.runTimer(nowNs));
    }

    // Any thread.

    void schedule() {
        if (flushesSoon()) {
            return;
        }
        if (scheduled.compareAndSet(false, true)) {
            agent.execute(this);
        }
    }

    /** Whether the caller is a callback of this session: it works when that has returned. */
    boolean flushesSoon() {
        return agent.isRunner() && dispatching;
    }

    void execute(Runnable command) {
        agent.execute(command);
    }

    void wakeAt(long atNs) {
        if (callbacks.wakeAt(atNs)) {
            schedule();
        }
    }

    // The agent.

    void listener(ConnectionListener told, boolean hasMessages) {
        callbacks.listener(told, hasMessages);
        agent.timerAt(callbacks.timerNs());
    }

    Callbacks callbacks() {
        return callbacks;
    }

    void received() {
        liveness.received(agent.eventNs());
    }

    void sent() {
        liveness.sent(agent.eventNs());
    }

    /** An operation's slot came out of the ring. */
    Operation submitted(int slot) {
        Operation operation = active().operations().slot(slot);
        agent.timerAt(liveness.operationDeadlineNs(operation.startNs));
        return operation;
    }

    void revoking(Exposure exposure) {
        agent.timerAt(liveness.revoking(exposure, agent.nowNs()));
    }

    boolean mayEnd() {
        return state == ConnectionState.DRAINING;
    }

    boolean isOnPath() {
        EngineConnection open = connection;
        return open != null && open.isOnPath();
    }

    /** Whether nothing goes on before the peer tells something on the stream: of credit, or of its end. */
    boolean awaitsStream() {
        EngineConnection open = connection;
        return state != ConnectionState.ACTIVE || open == null || open.isShortOfCredit();
    }

    boolean isEnded() {
        return state.isTerminal();
    }

    @Nullable
    EngineConnection connection() {
        return connection;
    }

    Wire wire() {
        return Objects.requireNonNull(wire);
    }

    /** The connection, where the caller knows that there is one. */
    EngineConnection active() {
        return Objects.requireNonNull(connection);
    }

    @Override
    public String toString() {
        return "Session{id=" + id + ", peer=" + peerText() + ", state=" + state + "}";
    }
}
