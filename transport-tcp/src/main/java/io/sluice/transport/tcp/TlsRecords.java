// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.engine.Link;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;

/**
 * A connection's {@link SSLEngine}, with the bytes on their way between it and the network. The agent's; a task of the
 * engine may run elsewhere, and then only {@link #fill} and {@link #flush} may be called.
 *
 * <p>The buffers are on the heap, where the JDK's ciphers work, and are gone with the connection. Invariants:
 * {@code received} holds bytes not yet decrypted and {@code decrypted} bytes not yet taken, each from position to limit;
 * {@code out[sent, produced)} has not left yet.
 */
final class TlsRecords {
    /** Records encrypted, or taken from the network, at a time. */
    private static final int RECORDS = 4;
    /** So that a peer that sends without end, even empty records, does not hold up the others. */
    private static final int FILLS_PER_READ = 4;

    private static final int MIN_CONTENT_TYPE = 20;
    private static final int MAX_CONTENT_TYPE = 23;
    private static final int LAST_ATTEMPTS = 4;
    private static final ByteBuffer[] NOTHING = {ByteBuffer.allocate(0)};

    private final SSLEngine engine;
    private final Link link;
    private final int recordLength;
    private final ByteBuffer received;
    private final ByteBuffer decrypted;
    private final ByteBuffer out;
    private final ByteBuffer[] gather;
    private int sent;
    private int produced;
    private boolean starved;
    private boolean inputEnded;
    private boolean closeNotified;

    TlsRecords(SSLEngine engine, Link link) {
        this.engine = engine;
        this.link = link;
        recordLength = engine.getSession().getPacketBufferSize();
        received = ByteBuffer.allocate(RECORDS * recordLength).limit(0);
        decrypted = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize())
                .limit(0);
        out = ByteBuffer.allocate(RECORDS * recordLength);
        gather = new ByteBuffer[] {out};
    }

    SSLEngine engine() {
        return engine;
    }

    /** Takes what the network has, as far as there is room; false where it has nothing now. */
    boolean fill() throws IOException {
        if (received.remaining() == received.capacity()) {
            return false;
        }
        received.compact();
        int count;
        try {
            count = link.read(received);
        } finally {
            received.flip();
        }
        inputEnded |= count < 0;
        return count > 0;
    }

    /** Whether the peer's bytes have ended. */
    boolean isInputEnded() {
        return inputEnded;
    }

    /** Whether the peer said that it sends no more. */
    boolean isCloseNotified() {
        return closeNotified;
    }

    /** Whether something was received, and is no record of TLS. */
    boolean isForeign() {
        if (!received.hasRemaining()) {
            return false;
        }
        int contentType = received.get(received.position());
        return contentType < MIN_CONTENT_TYPE || contentType > MAX_CONTENT_TYPE;
    }

    /** Whether there is something that was received, and not taken. */
    boolean hasInput() {
        return decrypted.hasRemaining() || received.hasRemaining();
    }

    /** Whether {@link #read} has something to go on with that no socket will tell of. */
    boolean canRead() {
        return !starved && hasInput();
    }

    /** Decrypts into the target; ends early where there is nothing now, or the engine wants something first. */
    void read(ByteBuffer target) throws IOException {
        starved = false;
        takeDecrypted(target);
        int fills = 0;
        while (target.hasRemaining() && !closeNotified) {
            SSLEngineResult result = engine.unwrap(received, target);
            if (result.getStatus() == Status.BUFFER_OVERFLOW) {
                result = unwrapAside();
                takeDecrypted(target);
            }
            if (result.getStatus() == Status.CLOSED) {
                closeNotified = true;
            } else if (result.getStatus() == Status.BUFFER_UNDERFLOW && (fills++ == FILLS_PER_READ || !fill())) {
                starved = true;
                return;
            } else if (isWanting(result.getHandshakeStatus())) {
                return;
            }
        }
    }

    /** Whether the engine wants something else before it reads on. */
    boolean isWanting() {
        return isWanting(engine.getHandshakeStatus());
    }

    private static boolean isWanting(HandshakeStatus status) {
        return status == HandshakeStatus.NEED_WRAP || status == HandshakeStatus.NEED_TASK;
    }

    private void takeDecrypted(ByteBuffer target) {
        int count = Math.min(target.remaining(), decrypted.remaining());
        if (count > 0) {
            int limit = decrypted.limit();
            target.put(decrypted.limit(decrypted.position() + count));
            decrypted.limit(limit);
        }
    }

    private SSLEngineResult unwrapAside() throws SSLException {
        decrypted.clear();
        try {
            return engine.unwrap(received, decrypted);
        } finally {
            decrypted.flip();
        }
    }

    /** Gives the engine a record of the handshake; false where there is none yet. */
    boolean unwrapHandshake() throws IOException {
        SSLEngineResult result = unwrapAside();
        closeNotified |= result.getStatus() == Status.CLOSED;
        return switch (result.getStatus()) {
            case OK -> true;
            case BUFFER_UNDERFLOW -> fill();
            default -> false;
        };
    }

    /** Encrypts and sends; how many bytes of the sources were taken, all of which {@link #flush} will send. */
    long write(ByteBuffer[] sources, int count) throws IOException {
        long length = remaining(sources, count);
        long left = length;
        while (flush() && left > 0 && wrap(sources, count)) {
            do {
                left = remaining(sources, count);
            } while (left > 0 && wrap(sources, count));
        }
        return length - left;
    }

    private static long remaining(ByteBuffer[] sources, int count) {
        long remaining = 0;
        for (int i = 0; i < count; i++) {
            remaining += sources[i].remaining();
        }
        return remaining;
    }

    /** Encrypts one record; false where there is no room for it, or the engine makes none. */
    private boolean wrap(ByteBuffer[] sources, int count) throws SSLException {
        if (out.capacity() - produced < recordLength) {
            return false;
        }
        out.limit(out.capacity()).position(produced);
        SSLEngineResult result = engine.wrap(sources, 0, count, out);
        produced = out.position();
        return result.bytesProduced() > 0;
    }

    /** Has the engine make a record of its own; false where there is no room, or it makes none. */
    boolean wrapHandshake() throws SSLException {
        return wrap(NOTHING, 1);
    }

    /** Has the engine say its last, the reason where something failed. */
    void closeOutbound() {
        engine.closeOutbound();
        boolean going = true;
        for (int i = 0; i < LAST_ATTEMPTS && going; i++) {
            try {
                going = wrapHandshake();
            } catch (SSLException e) {
                going = true; // what failed before is thrown once more; the alert that tells of it comes next
            }
        }
    }

    /** Sends what waits; true where nothing is left. */
    boolean flush() throws IOException {
        if (sent < produced) {
            out.limit(produced).position(sent);
            link.write(gather, 1);
            sent = out.position();
            if (sent < produced) {
                return false;
            }
        }
        sent = 0;
        produced = 0;
        return true;
    }

    /** Whether something waits to be sent. */
    boolean hasOutput() {
        return sent < produced;
    }

    /** Drops what the network has; false at its end. */
    boolean discard() {
        decrypted.limit(0);
        try {
            int count = link.read(received.clear());
            received.limit(0);
            return count >= 0;
        } catch (IOException e) {
            return false; // nothing is expected any more: broken is as good as ended
        }
    }
}
