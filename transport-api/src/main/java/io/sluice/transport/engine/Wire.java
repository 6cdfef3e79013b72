// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.wire.ErrorBody;
import io.sluice.transport.wire.FrameType;
import io.sluice.transport.wire.Hello;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session's link, with its buffers and what reads and writes frames there; owns them all. The agent's.
 *
 * <p>After the session's end it lingers for up to {@value #LINGER_MS} ms: it drops what arrives until the peer closes
 * too, since a socket closed over unread bytes is reset and may take the last words with it.
 */
final class Wire {
    private static final Logger LOG = LoggerFactory.getLogger(Wire.class);
    private static final long LINGER_MS = 500;

    private final Session session;
    private final Agent agent;
    private final Link link;
    private final ByteBuffer receiveBuffer;
    private final ByteBuffer sendBuffer;
    private final Inbound inbound;
    private final Outbound outbound;
    private final PeerFrames frames;
    private boolean lingering;
    private long lingerUntilNs;
    private boolean closed;

    Wire(Session session, Agent agent, Link link) {
        TransportContext context = agent.context();
        this.session = session;
        this.agent = agent;
        this.link = link;
        this.receiveBuffer = agent.buffers().take();
        this.sendBuffer = agent.buffers().take();
        this.outbound = new Outbound(session, link, sendBuffer, context.regionPool(), context.maxOperations());
        this.frames = new PeerFrames(session, outbound, context.maxOperations());
        this.inbound =
                new Inbound(session, frames, link, receiveBuffer, context.regionPool(), context.maxMessageLength());
    }

    Outbound outbound() {
        return outbound;
    }

    PeerFrames frames() {
        return frames;
    }

    boolean peerSaidGoodbye() {
        return frames.saidGoodbye();
    }

    InetSocketAddress remoteAddress() {
        return link.remoteAddress();
    }

    /** Refuses a peer whose link knows it by another role or name. */
    void checkPeer(Hello hello) throws TransportException {
        link.checkPeer(hello.role(), hello.name());
    }

    /** Takes what has arrived: how many bytes, or -1 at the end of the stream. */
    int receive() throws IOException {
        return lingering ? inbound.discard() : inbound.receive();
    }

    /** Sends what there is; true where both sides have said goodbye and nothing is left to be sent. */
    boolean flush() throws IOException {
        outbound.flush();
        return frames.saidGoodbye() && outbound.isDone();
    }

    /** Tries once to tell the peer why the session ends. */
    void sayWhy(TransportException cause) {
        try {
            outbound.lastWord(new Handshake.Reply(FrameType.ERROR, ErrorBody.encode(cause)));
        } catch (IOException | RuntimeException e) { // whatever it is, the end goes on
            LOG.debug("{}: could not tell the peer", session, e);
        }
    }

    /** No frame uses the program's memory from now on. */
    void release() {
        inbound.release();
        outbound.release();
    }

    boolean isLingering() {
        return lingering;
    }

    long lingerUntilNs() {
        return lingerUntilNs;
    }

    boolean isClosed() {
        return closed;
    }

    /** Sends nothing more, and waits for the peer to close. */
    void linger() {
        lingering = true;
        lingerUntilNs = agent.nowNs() + LINGER_MS * 1_000_000;
        agent.timerAt(lingerUntilNs);
        link.wantWrite(false);
        link.shutdownOutput();
    }

    /** Idempotent. */
    void close() {
        if (!closed) {
            closed = true;
            lingering = false;
            link.close();
            agent.buffers().giveBack(receiveBuffer);
            agent.buffers().giveBack(sendBuffer);
        }
    }
}
