// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.sluice.transport.Access;
import io.sluice.transport.ConnectionListener;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.PeerIdentity;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.wire.ErrorBody;
import io.sluice.transport.wire.FrameFormat;
import io.sluice.transport.wire.FrameReader;
import io.sluice.transport.wire.FrameType;
import io.sluice.transport.wire.Hello;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's side of a connection: its life from the first byte to the last, and its deadlines. Everything runs on the
 * agent but {@link #schedule}, {@link #execute} and {@link #wakeAt}.
 *
 * <p>After its end a session lingers for up to {@value #LINGER_MS} ms: it drops what arrives until the peer closes too,
 * since a socket closed over unread bytes is reset and may take the last words with it.
 */
final class Session implements LinkEvents, Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Session.class);
    private static final long LINGER_MS = 500;
    private static final long NEVER = Long.MAX_VALUE;

    private final Agent agent;
    private final TransportContext context;
    private final long id;
    private final Handshake handshake;
    private final SessionOwner owner;
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final AtomicLong wakeAtNs = new AtomicLong(NEVER);
    private final ByteBuffer receiveBuffer;
    private final ByteBuffer sendBuffer;

    private @Nullable Link link;
    private @Nullable Inbound inbound;
    private @Nullable Outbound outbound;
    private @Nullable EngineConnection connection;
    private @Nullable ConnectionListener listener;
    private ConnectionState state = ConnectionState.NEW;
    private long deadlineNs;
    private long lastReceivedNs;
    private long lastSentNs;
    private boolean peerSaidGoodbye;
    private boolean newMessages;
    private boolean lingering;
    private boolean closed;

    /** Who waits for the connection. */
    interface SessionOwner {
        /** It is active. */
        void onActive(EngineConnection connection);

        /** It never became active. */
        void onFailed(TransportException cause);
    }

    Session(Agent agent, long id, boolean dialler, long timeoutNs, SessionOwner owner) {
        this.agent = agent;
        this.context = agent.context();
        this.id = id;
        this.handshake = new Handshake(context, dialler);
        this.owner = owner;
        this.receiveBuffer = agent.buffers().take();
        this.sendBuffer = agent.buffers().take();
        this.deadlineNs = agent.nowNs() + timeoutNs;
        agent.add(this, deadlineNs);
    }

    /** Gives it its link; of a dialler, not yet connected. */
    void link(Link opened) {
        link = opened;
        inbound = new Inbound(this, opened, receiveBuffer, context.regionPool(), context.maxMessageLength());
        outbound = new Outbound(this, opened, sendBuffer, context.regionPool(), context.maxOperations());
        opened.events(this);
    }

    /** An accepted link: waits for HELLO. */
    void accepted() {
        state = ConnectionState.NEGOTIATING;
    }

    @Override
    public void onConnected() {
        if (state == ConnectionState.NEW) {
            state = ConnectionState.NEGOTIATING;
            Objects.requireNonNull(outbound).control(handshake.first());
            flush();
        }
    }

    @Override
    public void onConnectFailed(IOException cause) {
        end(
                new TransportException(
                        Kind.CONNECT_FAILED, "transport.connect.failed", "can't connect: " + cause.getMessage(), cause),
                false);
    }

    @Override
    public void onReadable() {
        Inbound in = inbound;
        if (in == null || closed) {
            return;
        }
        try {
            boolean open = lingering ? in.discard() : in.receive();
            if (!open) {
                onEndOfStream();
            }
        } catch (TransportException e) {
            end(e, true);
        } catch (IOException e) {
            broken(e);
        } catch (RuntimeException e) {
            bug(e);
        }
        tellReadable();
        flush();
    }

    @Override
    public void onWritable() {
        flush();
    }

    /** Scheduled: something was submitted, taken or asked for. */
    @Override
    public void run() {
        scheduled.set(false);
        EngineConnection open = connection;
        if (open != null && state == ConnectionState.ACTIVE && open.state() == ConnectionState.DRAINING) {
            drain();
        }
        agent.timerAt(wakeAtNs.get());
        flush();
    }

    private void flush() {
        Outbound out = outbound;
        if (out != null && !isEnded() && state != ConnectionState.NEW) {
            try {
                out.flush();
                if (peerSaidGoodbye && out.isDone()) {
                    end(null, false);
                }
            } catch (IOException e) {
                broken(e);
            } catch (RuntimeException e) {
                bug(e);
            }
        }
        runWaiters();
    }

    private void runWaiters() {
        EngineConnection open = connection;
        if (open != null) {
            for (Runnable waiter : open.takeWaiters()) {
                callUser(waiter);
            }
        }
    }

    private void tellReadable() {
        ConnectionListener told = listener;
        EngineConnection open = connection;
        if (newMessages && told != null && open != null) {
            newMessages = false;
            callUser(() -> told.onReadable(open));
        }
    }

    private void callUser(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            LOG.warn("{}: callback threw", this, e);
        }
    }

    private void broken(IOException e) {
        end(
                new TransportException(
                        connection == null ? Kind.CONNECT_FAILED : Kind.PEER_DEAD,
                        "transport.link.broken",
                        "connection to " + peerText() + " broke: " + e.getMessage(),
                        e),
                false);
    }

    private void bug(RuntimeException e) {
        LOG.error("{}: failed unexpectedly", this, e);
        end(new TransportException(Kind.PROTOCOL, "transport.internal", "internal error: " + e, e), true);
    }

    private void onEndOfStream() {
        EngineConnection open = connection;
        if (lingering) {
            closeLink();
        } else if (open == null) {
            end(
                    new TransportException(
                            Kind.CONNECT_FAILED,
                            "transport.negotiation.closed",
                            "peer closed the connection during negotiation"),
                    false);
        } else if (peerSaidGoodbye && open.isIdle()) {
            end(null, false);
        } else {
            end(
                    new TransportException(
                            Kind.PEER_DEAD,
                            "transport.link.closed",
                            "peer " + peerText() + " closed the connection without a goodbye"),
                    false);
        }
    }

    private String peerText() {
        EngineConnection open = connection;
        Link to = link;
        return open != null ? open.peer().toString() : to != null ? String.valueOf(to.remoteAddress()) : "nobody";
    }

    // What Inbound found.

    void received() {
        lastReceivedNs = agent.nowNs();
    }

    void onCredit(int messages, long bytes) throws TransportException {
        EngineConnection open = connection;
        if (open != null && !open.credits().onConsumed(messages, bytes)) {
            throw protocol("transport.credit", "peer took messages=" + messages + " bytes=" + bytes + " never sent");
        }
    }

    void checkActive(FrameType type) throws TransportException {
        if (connection == null) {
            throw protocol("transport.negotiation.order", "peer sent " + type + " during negotiation");
        }
        if (peerSaidGoodbye && (type == FrameType.WRITE || type == FrameType.READ || type == FrameType.MESSAGE)) {
            throw protocol("transport.goodbye", "peer sent " + type + " after GOODBYE");
        }
    }

    void checkServable() throws TransportException {
        int waiting = Objects.requireNonNull(outbound).unanswered();
        if (waiting >= context.maxOperations()) {
            throw protocol("transport.operations.limit", "peer has " + waiting + " operations under way: its limit");
        }
    }

    @Nullable
    Exposure lookUp(UnsafeBuffer frame, int at, long offset, long length, Access access) throws TransportException {
        return active().exposures()
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
        Operation found = active().operations().find(wireId);
        if (found == null || !found.sent || found.isWrite != isWrite) {
            throw protocol("transport.operation.unknown", "peer answered operation " + wireId + ", which is not open");
        }
        return found;
    }

    void endOperation(Operation operation, @Nullable TransportException cause) {
        active().operations().end(operation, cause);
    }

    void answerWrite(long wireId, boolean revoked) {
        Objects.requireNonNull(outbound).answer(wireId, revoked);
    }

    void onFrame(FrameReader frame, UnsafeBuffer buffer, int dataStart) throws TransportException {
        FrameType type = frame.type();
        if (connection == null) {
            byte[] data = new byte[frame.dataLength()];
            buffer.getBytes(dataStart, data);
            negotiate(type, data);
            return;
        }
        checkActive(type);
        switch (type) {
            case MESSAGE -> onMessage(frame, buffer, dataStart);
            case ACK -> endOperation(findOperation(frame.id(), true), null);
            case READ -> onRead(frame.id(), buffer, dataStart - FrameFormat.HEADER_LENGTH - type.headLength());
            case REVOKED -> onRevoked(frame.id());
            case GOODBYE -> onGoodbye();
            case ERROR -> {
                byte[] data = new byte[frame.dataLength()];
                buffer.getBytes(dataStart, data);
                throw new PeerError(ErrorBody.decode(data));
            }
            case CREDIT, HEARTBEAT -> {}
            default -> throw protocol("transport.frame.order", "peer sent " + type + " on an active connection");
        }
    }

    private void onMessage(FrameReader frame, UnsafeBuffer buffer, int dataStart) throws TransportException {
        Delivery delivery = active().delivery();
        if (frame.id() != delivery.receivedMessages() + 1) {
            throw protocol(
                    "transport.message.order",
                    "peer sent message " + frame.id() + ", expected " + (delivery.receivedMessages() + 1));
        }
        if (!delivery.put(buffer, dataStart, frame.dataLength())) {
            throw protocol("transport.credit", "peer sent message " + frame.id() + " without credit for it");
        }
        newMessages = true;
    }

    private void onRead(long wireId, UnsafeBuffer buffer, int at) throws TransportException {
        checkServable();
        long offset = buffer.getLong(at + FrameFormat.HEAD_REGION_OFFSET, LITTLE_ENDIAN);
        long length = buffer.getLong(at + FrameFormat.HEAD_READ_LENGTH, LITTLE_ENDIAN);
        Exposure found = lookUp(buffer, at, offset, length, Access.READ);
        Outbound out = Objects.requireNonNull(outbound);
        if (found == null) {
            out.answer(wireId, true);
        } else {
            out.serveRead(wireId, found, offset, length);
        }
    }

    private void onRevoked(long wireId) throws TransportException {
        Operation found = active().operations().find(wireId);
        if (found == null || !found.sent) {
            throw protocol("transport.operation.unknown", "peer refused operation " + wireId + ", which is not open");
        }
        endOperation(
                found,
                new TransportException(
                        Kind.REVOKED, "transport.region.revoked", "peer " + peerText() + " has revoked the region"));
    }

    private void onGoodbye() {
        peerSaidGoodbye = true;
        if (state == ConnectionState.ACTIVE) {
            drain();
        }
    }

    private static TransportException protocol(String code, String message) {
        return new TransportException(Kind.PROTOCOL, code, message);
    }

    private EngineConnection active() {
        return Objects.requireNonNull(connection);
    }

    // The life.

    private void negotiate(FrameType type, byte[] data) throws TransportException {
        Handshake.Reply reply = handshake.on(type, data);
        Outbound out = Objects.requireNonNull(outbound);
        if (reply != null) {
            out.control(reply);
        }
        if (handshake.isDone()) {
            activate();
        }
    }

    private void activate() {
        Hello hello = handshake.peer();
        PeerIdentity peer = new PeerIdentity(
                hello.role(), hello.name(), Objects.requireNonNull(link).remoteAddress());
        EngineConnection opened = new EngineConnection(this, id, peer, context, hello, handshake.epoch());
        connection = opened;
        state = ConnectionState.ACTIVE;
        lastReceivedNs = agent.nowNs();
        lastSentNs = lastReceivedNs;
        agent.timerAt(lastSentNs + context.heartbeatInterval().toNanos());
        owner.onActive(opened);
    }

    /** Begins to close in order. */
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
            end(new TransportException(Kind.CLOSED, "transport.closed", "the transport was closed"), true);
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
        EngineConnection open = connection;
        if (open != null) {
            endConnection(open, cause);
        }
        sayWhy(cause, tellPeer && wasConnected);
        if (inbound != null) {
            inbound.release();
        }
        if (outbound != null) {
            outbound.release();
        }
        boolean linger = cause == null || (tellPeer && wasConnected);
        finishLink(linger);
        if (open != null) {
            runWaiters();
            callUser(() -> open.closed().complete(state));
        } else {
            callUser(() -> owner.onFailed(Objects.requireNonNull(cause)));
        }
    }

    private void endConnection(EngineConnection open, @Nullable TransportException cause) {
        open.state(state, cause);
        open.operations()
                .endAll(
                        cause != null
                                ? cause
                                : new TransportException(
                                        Kind.CLOSED, "transport.closed", "the connection was closed before the end"));
        open.exposures().close().forEach(Exposure::revoke);
    }

    private void sayWhy(@Nullable TransportException cause, boolean tellPeer) {
        Outbound out = outbound;
        if (cause == null || !tellPeer || cause instanceof PeerError || out == null) {
            return;
        }
        try {
            out.lastWord(new Handshake.Reply(FrameType.ERROR, ErrorBody.encode(cause)));
        } catch (IOException e) {
            LOG.debug("{}: could not tell the peer", this, e);
        }
    }

    private void finishLink(boolean linger) {
        Link open = link;
        if (linger && open != null) {
            lingering = true;
            deadlineNs = agent.nowNs() + LINGER_MS * 1_000_000;
            agent.timerAt(deadlineNs);
            open.wantWrite(false);
            open.shutdownOutput();
        } else {
            closeLink();
        }
    }

    private void closeLink() {
        if (closed) {
            return;
        }
        closed = true;
        lingering = false;
        if (link != null) {
            link.close();
        }
        agent.buffers().giveBack(receiveBuffer);
        agent.buffers().giveBack(sendBuffer);
        agent.remove(this);
    }

    /** Ends at once what is left when the agent ends. */
    void abort() {
        end(new TransportException(Kind.CLOSED, "transport.closed", "the transport was closed"), true);
        closeLink();
    }

    /** Does what is due; when something will be next. */
    long runTimers(long nowNs) {
        if (closed) {
            return NEVER;
        }
        if (lingering) {
            if (nowNs - deadlineNs >= 0) {
                closeLink();
                return NEVER;
            }
            return deadlineNs;
        }
        if (connection == null) {
            if (nowNs - deadlineNs >= 0) {
                end(timedOut("transport.connect.deadline", "no connection to " + peerText() + " in time"), true);
            }
            return deadlineNs;
        }
        return runActiveTimers(active(), nowNs);
    }

    private long runActiveTimers(EngineConnection open, long nowNs) {
        long peerDeadNs = lastReceivedNs + context.peerTimeout().toNanos();
        OperationTable operations = open.operations();
        long operationNs = operations.isIdle()
                ? NEVER
                : operations.oldestStartNs(nowNs) + context.operationTimeout().toNanos();
        if (nowNs - peerDeadNs >= 0) {
            String text = "nothing heard from " + peerText() + " for " + context.peerTimeout();
            end(new TransportException(Kind.PEER_DEAD, "transport.peer.silent", text), true);
        } else if (operationNs != NEVER && nowNs - operationNs >= 0) {
            String text = "an operation of " + peerText() + " took more than " + context.operationTimeout();
            end(timedOut("transport.operation.deadline", text), true);
        } else if (state == ConnectionState.DRAINING && nowNs - deadlineNs >= 0) {
            end(timedOut("transport.drain.deadline", "closing took more than " + context.drainTimeout()), true);
        }
        if (isEnded()) {
            return closed ? NEVER : deadlineNs;
        }
        long heartbeatNs = context.heartbeatInterval().toNanos();
        if (nowNs - lastSentNs >= heartbeatNs) {
            Objects.requireNonNull(outbound).heartbeat();
            flush();
            lastSentNs = nowNs;
        }
        long next = Agent.earlier(peerDeadNs, lastSentNs + heartbeatNs);
        next = Agent.earlier(next, operationNs);
        next = state == ConnectionState.DRAINING ? Agent.earlier(next, deadlineNs) : next;
        return Agent.earlier(next, runUserTimer(open, nowNs));
    }

    private long runUserTimer(EngineConnection open, long nowNs) {
        long due = wakeAtNs.get();
        ConnectionListener told = listener;
        if (due == NEVER || nowNs - due < 0 || told == null) {
            return due;
        }
        wakeAtNs.compareAndSet(due, NEVER);
        callUser(() -> {
            long again = told.onTimer(open, nowNs);
            wakeAtNs.getAndUpdate(before -> Agent.earlier(before, again));
        });
        return wakeAtNs.get();
    }

    private static TransportException timedOut(String code, String message) {
        return new TransportException(Kind.TIMED_OUT, code, message);
    }

    // Any thread.

    void schedule() {
        if (scheduled.compareAndSet(false, true)) {
            agent.execute(this);
        }
    }

    void execute(Runnable command) {
        agent.execute(command);
    }

    void wakeAt(long atNs) {
        long before = wakeAtNs.getAndUpdate(now -> Agent.earlier(now, atNs));
        if (Agent.earlier(before, atNs) != before) {
            schedule();
        }
    }

    // The agent.

    void listener(ConnectionListener told, boolean hasMessages) {
        listener = told;
        newMessages |= hasMessages;
        tellReadable();
        agent.timerAt(wakeAtNs.get());
    }

    void sent() {
        lastSentNs = agent.nowNs();
    }

    /** An operation's slot came out of the ring. */
    Operation submitted(int slot) {
        Operation operation = active().operations().slot(slot);
        agent.timerAt(operation.startNs + context.operationTimeout().toNanos());
        return operation;
    }

    boolean mayEnd() {
        return state == ConnectionState.DRAINING;
    }

    boolean isEnded() {
        return state.isTerminal();
    }

    @Nullable
    EngineConnection connection() {
        return connection;
    }

    @Override
    public String toString() {
        return "Session{id=" + id + ", peer=" + peerText() + ", state=" + state + "}";
    }
}
