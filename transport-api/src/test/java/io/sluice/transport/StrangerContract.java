// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.wire.ErrorBody;
import io.sluice.transport.wire.FrameFormat;
import io.sluice.transport.wire.FrameType;
import io.sluice.transport.wire.Hello;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every transport must do with a program of another version, or of another kind: it is told why it is not let in, and
 * nobody else notices.
 */
public abstract class StrangerContract extends ContractSupport {
    private static final int VERSION = FrameFormat.VERSION;

    private Pair pair;

    @BeforeEach
    void connectOthers() throws Exception {
        pair = pair();
    }

    @AfterEach
    void othersAreUnharmed() {
        offer(pair.client, bytes(100, 1));
        assertThat(take(pair.server)).isEqualTo(bytes(100, 1));
        assertThat(pair.server.state()).isEqualTo(ConnectionState.ACTIVE);
    }

    private Stranger stranger() throws Exception {
        return keep(new Stranger(
                fixture.carrier(Pair.context("generator", "stranger")), Duration.ofSeconds(10L * fixture.patience())));
    }

    private static byte[] hello(int minVersion, int maxVersion) {
        Hello hello = new Hello(
                minVersion,
                maxVersion,
                0,
                1 << 20,
                1024,
                8 << 20,
                64,
                77,
                new byte[Hello.NONCE_LENGTH],
                "generator",
                "stranger",
                "tests");
        return hello.encode();
    }

    private static byte[] helloFrame() {
        return Stranger.frame(FrameType.HELLO, hello(VERSION, VERSION));
    }

    private TransportException refusalOf(byte[] sent) throws Exception {
        Stranger dialler = stranger();
        dialler.dial(pair.listener.address());
        dialler.send(sent);
        return dialler.receiveRefusal();
    }

    private TransportException failureToConnectTo(FrameType type, byte[] answer) throws Exception {
        Stranger listener = stranger();
        InetSocketAddress address = listener.listen(fixture.anyAddress());
        CompletableFuture<Connection> connecting = pair.clientTransport.connect(address);
        listener.receive(FrameType.HELLO);
        listener.send(Stranger.frame(type, answer));
        return failureOf(connecting);
    }

    @Test
    void shouldTellADiallerOfAnotherVersionWhichItSpeaks() throws Exception {
        TransportException refusal = refusalOf(Stranger.frame(FrameType.HELLO, hello(VERSION + 1, VERSION + 8)));
        assertThat(refusal.kind()).isEqualTo(Kind.VERSION_MISMATCH);
        assertThat(refusal.code()).isEqualTo("transport.version");
        assertThat(refusal)
                .hasMessageContaining((VERSION + 1) + " to " + (VERSION + 8))
                .hasMessageContaining("this side " + VERSION);
    }

    @Test
    void shouldNotConnectToAListenerOfAnotherVersion() throws Exception {
        TransportException failure = failureToConnectTo(FrameType.CHALLENGE, hello(VERSION + 1, VERSION + 1));
        assertThat(failure.kind()).isEqualTo(Kind.VERSION_MISMATCH);
        assertThat(failure.code()).isEqualTo("transport.version");
    }

    @Test
    void shouldReportAsItIsThatAListenerRefusesItsVersion() throws Exception {
        TransportException said = new TransportException(Kind.VERSION_MISMATCH, "transport.version", "only 2 here");
        TransportException failure = failureToConnectTo(FrameType.ERROR, ErrorBody.encode(said));
        assertThat(failure.kind()).isEqualTo(Kind.VERSION_MISMATCH);
        assertThat(failure.code()).isEqualTo("transport.version");
        assertThat(failure).hasMessageContaining("only 2 here");
    }

    @Test
    void shouldChooseTheHighestVersionOfBoth() throws Exception {
        Stranger dialler = stranger();
        dialler.dial(pair.listener.address());
        dialler.send(Stranger.frame(FrameType.HELLO, hello(0, VERSION + 8)));
        Hello challenge = Hello.decode(dialler.receive(FrameType.CHALLENGE));
        assertThat(challenge.minVersion()).isEqualTo(VERSION);
        assertThat(challenge.maxVersion()).isEqualTo(VERSION);
    }

    @Test
    void shouldNameAnotherProtocol() throws Exception {
        TransportException refusal =
                refusalOf("GET / HTTP/1.1\r\nHost: sluice\r\n\r\n".repeat(2).getBytes(US_ASCII));
        assertThat(refusal.kind()).isEqualTo(Kind.PROTOCOL);
        assertThat(refusal.code()).isEqualTo("transport.frame.magic");
    }

    @Test
    void shouldNameAWrongLengthBeforeItsBytesCome() throws Exception {
        byte[] frame = helloFrame();
        new UnsafeBuffer(frame).putInt(4, Integer.MAX_VALUE, ByteOrder.LITTLE_ENDIAN);
        assertThat(refusalOf(frame).code()).isEqualTo("transport.frame.length");
    }

    @Test
    void shouldNameAWrongChecksum() throws Exception {
        byte[] header = helloFrame();
        header[16] ^= 1;
        assertThat(refusalOf(header).code()).isEqualTo("transport.frame.crc");
        byte[] data = helloFrame();
        data[data.length - 1] ^= 1;
        assertThat(refusalOf(data).code()).isEqualTo("transport.frame.crc");
    }

    @Test
    void shouldNameAWrongProof() throws Exception {
        Stranger dialler = stranger();
        dialler.dial(pair.listener.address());
        dialler.send(helloFrame());
        dialler.receive(FrameType.CHALLENGE);
        dialler.send(Stranger.frame(FrameType.PROOF, new byte[32]));
        TransportException refusal = dialler.receiveRefusal();
        assertThat(refusal.kind()).isEqualTo(Kind.AUTHENTICATION);
        assertThat(refusal.code()).isEqualTo("transport.authentication.proof");
    }

    @Test
    void shouldNotBelieveAListenerThatCanNotProveItself() throws Exception {
        Stranger listener = stranger();
        InetSocketAddress address = listener.listen(fixture.anyAddress());
        CompletableFuture<Connection> connecting = pair.clientTransport.connect(address);
        listener.receive(FrameType.HELLO);
        listener.send(Stranger.frame(FrameType.CHALLENGE, hello(VERSION, VERSION)));
        listener.receive(FrameType.PROOF);
        listener.send(Stranger.frame(FrameType.WELCOME, new byte[32]));
        assertThat(failureOf(connecting).kind()).isEqualTo(Kind.AUTHENTICATION);
    }
}
