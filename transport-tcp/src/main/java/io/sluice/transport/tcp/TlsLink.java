// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.TransportException;
import io.sluice.transport.engine.Carrier;
import io.sluice.transport.engine.Link;
import io.sluice.transport.engine.LinkEvents;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Objects;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A link over TLS; the agent's. What is above it learns of the connection, or of the first bytes, once the handshake is
 * done; until then its own deadline runs. A stream that ends without the peer's close_notify was cut, and is an error.
 *
 * <p>Invariant: while {@code working}, a task of the engine runs elsewhere, under the engine's lock; the agent does not
 * touch the engine then, so that it never waits for the task.
 */
final class TlsLink implements Link, LinkEvents {
    private final TlsCarrier carrier;
    private final boolean dialler;
    private final Link link;
    private @Nullable LinkEvents events;
    private @Nullable TlsRecords records;
    private @Nullable IOException failure;
    private boolean failureTold;
    private boolean heard;
    private boolean established;
    private boolean working;
    private boolean writeWanted;
    private boolean queued;
    /** The peer does not speak TLS, and is told so in clear. */
    private boolean inClear;

    private boolean outputShut;
    private boolean closed;

    /** Accepted. */
    TlsLink(TlsCarrier carrier, Link link) {
        this.carrier = carrier;
        this.dialler = false;
        this.link = link;
        link.events(this);
    }

    /** Dialled. */
    @SuppressWarnings("ThisEscapedInObjectConstruction")
    TlsLink(TlsCarrier carrier, Carrier beneath, InetSocketAddress address, LinkEvents events) throws IOException {
        this.carrier = carrier;
        this.dialler = true;
        this.events = events;
        this.link = beneath.dial(address, this); // tells nothing before the next poll
    }

    @Override
    public void events(LinkEvents told) {
        events = told;
    }

    private LinkEvents events() {
        return Objects.requireNonNull(events);
    }

    // What the link beneath tells.

    @Override
    public void onConnected() {
        advance();
    }

    @Override
    public void onConnectFailed(IOException cause) {
        events().onConnectFailed(cause);
    }

    @Override
    public void onReadable() {
        if (closed) {
            return;
        }
        if (established || failure != null || outputShut) {
            events().onReadable();
        } else if (working) {
            takeMeanwhile();
        } else {
            advance();
        }
    }

    private void takeMeanwhile() {
        try {
            boolean unused = Objects.requireNonNull(records).fill();
        } catch (IOException e) {
            fail(e);
        }
    }

    @Override
    public void onWritable() {
        TlsRecords open = records;
        if (closed || open == null) {
            return;
        }
        try { // a task may be running: this touches no engine
            if (!open.flush()) {
                return;
            }
        } catch (IOException e) {
            link.wantWrite(false);
            fail(e);
            return;
        }
        if (outputShut) {
            link.wantWrite(false);
            link.shutdownOutput();
        } else if (established || failure != null) {
            wantWriteBeneath(open);
            if (open.canRead()) {
                readAgain(); // it may have waited for the engine's own words to find room
            }
            if (writeWanted && failure == null) {
                events().onWritable();
            }
        } else if (!working) {
            advance();
        }
    }

    // What the carrier tells.

    /** The engine's task is done. */
    void onWorked() {
        working = false;
        if (!closed && !outputShut && failure == null) {
            advance();
            if (established && !closed) {
                events().onReadable();
            }
        }
    }

    /** Time to go on with what was received and not read. */
    void onStillReadable() {
        queued = false;
        if (!closed) {
            events().onReadable();
        }
    }

    // The handshake.

    private void advance() {
        boolean was = established;
        try {
            TlsRecords open = records;
            if (open == null) {
                open = new TlsRecords(carrier.engines().create(dialler), link);
                records = open;
                open.engine().beginHandshake();
            }
            pump(open);
            wantWriteBeneath(open);
        } catch (SSLException e) {
            fail(TlsFailures.of(e, link.remoteAddress()));
        } catch (IOException e) {
            fail(e);
        } catch (RuntimeException e) { // hostile bytes may find a fault of the engine, which must not end the agent
            fail(TlsFailures.internal(e, link.remoteAddress()));
        }
        if (established && !was) {
            onEstablished();
        }
    }

    /** Does what the engine wants, as far as it goes without waiting. */
    private void pump(TlsRecords open) throws IOException {
        SSLEngine engine = open.engine();
        boolean going = true;
        while (going && !working) {
            going = switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> beginWork(engine);
                case NEED_WRAP -> open.wrapHandshake() || (open.flush() && open.wrapHandshake());
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> !established && hear(open);
                default -> {
                    established = true;
                    yield false;
                }
            };
        }
        var unused = open.flush();
    }

    private boolean beginWork(SSLEngine engine) {
        working = true;
        carrier.work(this, () -> {
            Runnable task;
            while ((task = engine.getDelegatedTask()) != null) {
                task.run();
            }
        });
        return false;
    }

    private boolean hear(TlsRecords open) throws IOException {
        if (!heard && (open.hasInput() || open.fill())) {
            heard = true;
            if (open.isForeign()) {
                inClear = !dialler;
                throw TlsFailures.foreign(dialler, link.remoteAddress());
            }
        }
        if (heard && open.unwrapHandshake()) {
            return true;
        }
        if (open.isInputEnded() || open.isCloseNotified()) {
            throw TlsFailures.closedInHandshake(link.remoteAddress());
        }
        return false;
    }

    private void onEstablished() {
        if (dialler) {
            events().onConnected();
        }
        TlsRecords open = records;
        if (!closed && open != null && open.hasInput()) {
            events().onReadable();
        }
    }

    /** Ends the stream for a reason, which a dialler is told at once, and the others when they read. */
    private void fail(IOException cause) {
        TlsRecords open = records;
        failure = cause;
        if (open != null && !inClear) {
            sayLast(open);
        }
        if (dialler && !established) {
            events().onConnectFailed(cause);
        } else {
            events().onReadable();
        }
    }

    private void sayLast(TlsRecords open) {
        if (!working) {
            open.closeOutbound();
        }
        try {
            var unused = open.flush();
        } catch (IOException e) {
            TlsCarrier.LOG.debug("could not tell {} why its connection ends", link.remoteAddress(), e);
        }
    }

    // What the engine of the transport asks.

    @Override
    public int read(ByteBuffer target) throws IOException {
        TlsRecords open = records;
        if (failure != null && !failureTold) {
            failureTold = true;
            throw failure;
        }
        if (open == null || closed) {
            return closed ? -1 : 0;
        }
        if (outputShut || failure != null) {
            return open.discard() ? 0 : -1;
        }
        if (!established || working) {
            return 0;
        }
        int from = target.position();
        try {
            readOn(open, target);
        } catch (IOException e) {
            failure = e instanceof SSLException tls ? TlsFailures.of(tls, link.remoteAddress()) : e;
            sayLast(open);
        }
        int count = target.position() - from;
        if (failure != null && count == 0) {
            failureTold = true;
            throw failure;
        }
        if (failure != null || (open.canRead() && !working && !open.isWanting())) {
            readAgain();
        }
        return count > 0 || !open.isCloseNotified() ? count : -1;
    }

    private void readAgain() {
        if (!queued) {
            queued = true;
            carrier.readAgain(this);
        }
    }

    private void readOn(TlsRecords open, ByteBuffer target) throws IOException {
        if (open.isWanting()) {
            pump(open);
            if (working || open.isWanting()) {
                return; // what it wants to say finds no room: reading on would let a peer fill memory with such wants
            }
        }
        open.read(target);
        if (open.isWanting()) {
            pump(open);
        }
        wantWriteBeneath(open);
        if (open.isInputEnded() && !open.isCloseNotified() && !open.canRead()) {
            throw TlsFailures.truncated(link.remoteAddress());
        }
    }

    @Override
    public long write(ByteBuffer[] sources, int count) throws IOException {
        TlsRecords open = records;
        if (inClear) {
            return link.write(sources, count);
        }
        if (open == null || !established || working || failure != null || outputShut) {
            return 0;
        }
        long taken = open.write(sources, count);
        wantWriteBeneath(open);
        return taken;
    }

    @Override
    public void wantWrite(boolean wanted) {
        writeWanted = wanted;
        TlsRecords open = records;
        if (open != null && !outputShut) {
            wantWriteBeneath(open);
        }
    }

    private void wantWriteBeneath(TlsRecords open) {
        link.wantWrite(open.hasOutput() || (writeWanted && established && !working && failure == null));
    }

    @Override
    public void shutdownOutput() {
        outputShut = true;
        TlsRecords open = records;
        if (open != null && !inClear) {
            sayLast(open);
            if (open.hasOutput()) {
                link.wantWrite(true);
                return;
            }
        }
        link.shutdownOutput();
    }

    @Override
    public void checkPeer(String role, String name) throws TransportException {
        TlsNames.check(Objects.requireNonNull(records).engine().getSession(), role, name, link.remoteAddress());
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return link.remoteAddress();
    }

    @Override
    public void close() {
        closed = true;
        records = null;
        link.close();
    }
}
