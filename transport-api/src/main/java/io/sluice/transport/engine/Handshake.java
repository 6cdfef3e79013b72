// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.wire.Challenge;
import io.sluice.transport.wire.ErrorBody;
import io.sluice.transport.wire.FrameFormat;
import io.sluice.transport.wire.FrameType;
import io.sluice.transport.wire.Hello;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The negotiation of one connection, for either side: HELLO → CHALLENGE → PROOF → WELCOME. Takes what came, says what to
 * send; knows no sockets and no time.
 */
final class Handshake {
    private final TransportContext context;
    private final boolean dialler;
    private final Challenge challenge;
    private final long epoch;
    private final int features;
    private byte[] sentHello = new byte[0];
    private byte[] receivedHello = new byte[0];
    private @Nullable Hello peer;
    private boolean done;

    /** A frame to send. */
    @SuppressWarnings("ArrayRecordComponent") // a carrier of wire bytes; nobody compares it
    record Reply(FrameType type, long id, byte[] data) {
        Reply(FrameType type, byte[] data) {
            this(type, 0, data);
        }
    }

    Handshake(TransportContext context, boolean dialler, int features) {
        this.context = context;
        this.dialler = dialler;
        this.features = features;
        this.challenge = new Challenge(context.secret());
        this.epoch = context.random().nextLong();
    }

    /** This side's number of the connection. */
    long epoch() {
        return epoch;
    }

    /** What the peer said; only when {@link #isDone()}. */
    Hello peer() {
        return Objects.requireNonNull(peer);
    }

    boolean isDone() {
        return done;
    }

    /** The dialler's first frame. */
    Reply first() {
        sentHello = hello(FrameFormat.VERSION, FrameFormat.VERSION);
        return new Reply(FrameType.HELLO, sentHello);
    }

    private byte[] hello(int minVersion, int maxVersion) {
        byte[] nonce = new byte[Hello.NONCE_LENGTH];
        context.random().nextBytes(nonce);
        return new Hello(
                        minVersion,
                        maxVersion,
                        features,
                        context.maxMessageLength(),
                        context.messageWindow(),
                        Limits.byteWindow(context),
                        context.maxOperations(),
                        epoch,
                        nonce,
                        context.role(),
                        context.name(),
                        context.clusterId())
                .encode();
    }

    /**
     * Takes a frame.
     *
     * @return what to send in answer, or null
     * @throws TransportException where the peer is not to be talked with
     */
    @Nullable
    Reply on(FrameType type, byte[] data) throws TransportException {
        if (type == FrameType.ERROR) {
            throw new PeerError(ErrorBody.decode(data));
        }
        FrameType expected = dialler
                ? (peer == null ? FrameType.CHALLENGE : FrameType.WELCOME)
                : (peer == null ? FrameType.HELLO : FrameType.PROOF);
        if (type != expected) {
            throw new TransportException(
                    Kind.PROTOCOL, "transport.negotiation.order", "peer sent " + type + ", expected " + expected);
        }
        return switch (type) {
            case HELLO -> onHello(data);
            case CHALLENGE -> onChallenge(data);
            case PROOF -> onProof(data);
            default -> onWelcome(data);
        };
    }

    private Reply onHello(byte[] data) throws TransportException {
        Hello hello = Hello.decode(data);
        if (hello.minVersion() > FrameFormat.VERSION || hello.maxVersion() < FrameFormat.VERSION) {
            throw version(hello);
        }
        checkCluster(hello);
        peer = hello;
        receivedHello = data;
        sentHello = hello(FrameFormat.VERSION, FrameFormat.VERSION);
        return new Reply(FrameType.CHALLENGE, sentHello);
    }

    private Reply onChallenge(byte[] data) throws TransportException {
        Hello hello = Hello.decode(data);
        if (hello.minVersion() != FrameFormat.VERSION || hello.maxVersion() != FrameFormat.VERSION) {
            throw version(hello);
        }
        checkCluster(hello);
        peer = hello;
        receivedHello = data;
        return new Reply(FrameType.PROOF, challenge.diallerProof(sentHello, receivedHello));
    }

    private Reply onProof(byte[] data) throws TransportException {
        checkProof(challenge.diallerProof(receivedHello, sentHello), data);
        done = true;
        return new Reply(FrameType.WELCOME, challenge.listenerProof(receivedHello, sentHello));
    }

    private @Nullable Reply onWelcome(byte[] data) throws TransportException {
        checkProof(challenge.listenerProof(sentHello, receivedHello), data);
        done = true;
        return null;
    }

    private static void checkProof(byte[] expected, byte[] found) throws TransportException {
        if (!Challenge.matches(expected, found)) {
            throw new TransportException(
                    Kind.AUTHENTICATION,
                    "transport.authentication.proof",
                    "a side could not prove that it knows the cluster's secret: compare the secrets of both");
        }
    }

    private void checkCluster(Hello hello) throws TransportException {
        if (!hello.clusterId().equals(context.clusterId())) {
            throw new TransportException(
                    Kind.AUTHENTICATION,
                    "transport.authentication.cluster",
                    "peer belongs to cluster " + hello.clusterId() + ", this side to " + context.clusterId());
        }
    }

    private static TransportException version(Hello hello) {
        return new TransportException(
                Kind.VERSION_MISMATCH,
                "transport.version",
                "peer " + hello.role() + "/" + hello.name() + " speaks versions " + hello.minVersion() + " to "
                        + hello.maxVersion() + ", this side " + FrameFormat.VERSION + ": upgrade the older one");
    }

    @Override
    public String toString() {
        return "Handshake{dialler=" + dialler + ", done=" + done + ", sent=" + Arrays.hashCode(sentHello) + "}";
    }
}
