// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.transport.TransportException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** The bytes on the wire, fixed: a change here is a change of the protocol. */
class WireGoldenTest {
    private static final Hello HELLO =
            new Hello(1, 1, 0, 262_144, 1024, 1 << 20, 64, 0x0102030405060708L, new byte[32], "worker", "w1", "sluice");

    private static byte[] message() {
        byte[] data = "hello".getBytes(StandardCharsets.US_ASCII);
        int length = FrameFormat.HEADER_LENGTH + data.length;
        ByteBuffer raw = ByteBuffer.allocateDirect(length);
        UnsafeBuffer buffer = new UnsafeBuffer(raw, 0, length);
        FrameWriter writer = new FrameWriter();
        FrameWriter.begin(buffer, 0, FrameType.MESSAGE, FrameFormat.END, 7, data.length, 3, 48);
        buffer.putBytes(FrameFormat.HEADER_LENGTH, data);
        writer.end(buffer, raw.duplicate(), 0, FrameType.MESSAGE, writer.crcOf(raw.duplicate(), length - 5, length));
        byte[] bytes = new byte[length];
        buffer.getBytes(0, bytes);
        return bytes;
    }

    @Test
    void shouldWriteAMessageAsDocumented() {
        assertThat(HexFormat.of().formatHex(message()))
                .isEqualTo(
                        "534c55432d00000008010000fd1b6eee0700000000000000030000004cbb719a300000000000000068656c6c6f");
    }

    @Test
    void shouldWriteHelloAsDocumentedAndReadItBack() throws Exception {
        byte[] encoded = HELLO.encode();
        assertThat(HexFormat.of().formatHex(encoded))
                .isEqualTo(
                        "01000100000000000000040000040000000010000000000040000000080706050403020100000000000000000000000000000000000000000000000000000000000000000600776f726b6572020077310600736c75696365");
        Hello decoded = Hello.decode(encoded);
        assertThat(decoded).usingRecursiveComparison().isEqualTo(HELLO);
        assertThat(Hello.decode(Arrays.copyOf(encoded, encoded.length + 9)).name())
                .isEqualTo("w1");
        for (int length = 0; length < encoded.length; length++) {
            byte[] cut = Arrays.copyOf(encoded, length);
            assertThatThrownBy(() -> Hello.decode(cut)).isInstanceOf(TransportException.class);
        }
    }

    private static PathOffer offer() throws Exception {
        byte[] cookie = new byte[PathOffer.COOKIE_LENGTH];
        cookie[0] = 1;
        cookie[15] = 15;
        InetSocketAddress address = new InetSocketAddress(InetAddress.getByAddress(new byte[] {10, 9, 0, 1}), 0x1234);
        List<PathOffer.Slab> slabs =
                List.of(new PathOffer.Slab(0x7F00_0000_1000L, 65536, 0x0102), new PathOffer.Slab(-4096, 4096, -1));
        return new PathOffer(address, cookie, 4096, 512, slabs);
    }

    @Test
    void shouldWriteAnOfferAsDocumentedAndReadItBack() throws Exception {
        byte[] encoded = offer().encode();
        assertThat(HexFormat.of().formatHex(encoded))
                .isEqualTo("0100000000000000000000000000000f" + "0a090001" + "3412" + "0200" + "00100000" + "00020000"
                        + "00100000007f0000" + "0000010000000000" + "02010000"
                        + "00f0ffffffffffff" + "0010000000000000" + "ffffffff");
        assertThat(PathOffer.decode(Arrays.copyOf(encoded, encoded.length + 9)))
                .usingRecursiveComparison()
                .isEqualTo(offer());
        for (int length = 0; length < encoded.length; length++) {
            byte[] cut = Arrays.copyOf(encoded, length);
            assertThatThrownBy(() -> PathOffer.decode(cut)).isInstanceOf(TransportException.class);
        }
        PathOffer use = new PathOffer(null, new byte[PathOffer.COOKIE_LENGTH], 4096, 512, List.of());
        assertThat(PathOffer.decode(use.encode()).address()).isNull();
    }

    @Test
    void shouldRefuseAnOfferOfAnImpossibleRingOrSlab() throws Exception {
        int[][] impossible = {{24, 511}, {24, (1 << 20) + 1}, {24, -1}, {28, 3}, {28, 65_537}, {28, -1}};
        for (int[] at : impossible) {
            byte[] bad = offer().encode();
            ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN).putInt(at[0], at[1]);
            assertThatThrownBy(() -> PathOffer.decode(bad))
                    .as("%d at %d", at[1], at[0])
                    .isInstanceOf(TransportException.class);
        }
        byte[] negative = offer().encode();
        negative[47] = (byte) 0x80;
        assertThatThrownBy(() -> PathOffer.decode(negative)).isInstanceOf(TransportException.class);
    }

    @Test
    void shouldProveAsDocumented() {
        Challenge challenge = new Challenge("0123456789abcdef".getBytes(StandardCharsets.US_ASCII));
        byte[] dialler = challenge.diallerProof(new byte[] {1, 2}, new byte[] {3});
        assertThat(HexFormat.of().formatHex(dialler))
                .isEqualTo("cd0a1ed7a8774062f32d959813059512116f9d653b5dd0881587046a99b311a3");
        assertThat(challenge.listenerProof(new byte[] {1, 2}, new byte[] {3})).isNotEqualTo(dialler);
        assertThat(challenge.diallerProof(new byte[] {1}, new byte[] {2, 3})).isNotEqualTo(dialler);
        assertThat(challenge.toString()).doesNotContain("0123");
    }

    @Test
    void shouldRefuseEveryDamagedBitOfAHeaderOrTheData() throws Exception {
        byte[] good = message();
        assertThat(read(good)).isTrue();
        for (int bit = 0; bit < good.length * 8; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << (bit % 8));
            boolean accepted;
            try {
                accepted = read(bad);
            } catch (TransportException e) {
                accepted = false;
            }
            assertThat(accepted).as("bit %d", bit).isFalse();
        }
    }

    private static boolean read(byte[] bytes) throws TransportException {
        ByteBuffer raw = ByteBuffer.allocateDirect(bytes.length).put(0, bytes);
        UnsafeBuffer buffer = new UnsafeBuffer(raw, 0, bytes.length);
        FrameReader reader = new FrameReader();
        if (!reader.read(buffer, raw.duplicate(), 0, bytes.length, 1000)) {
            return false;
        }
        int start = reader.dataOffset();
        if (start + reader.dataLength() > bytes.length) {
            return false;
        }
        reader.checkData(new FrameWriter().crcOf(raw.duplicate(), start, start + reader.dataLength()));
        return true;
    }

    @Test
    void shouldSurviveRandomBytes() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(100)];
            random.nextBytes(bytes);
            if (bytes.length > 8 && i % 2 == 0) {
                System.arraycopy(message(), 0, bytes, 0, 8);
            }
            try {
                read(bytes);
                ErrorBody.decode(bytes);
                Hello.decode(bytes);
                PathOffer.decode(bytes);
            } catch (TransportException e) {
                assertThat(e.kind()).as("seed %d", seed).isEqualTo(TransportException.Kind.PROTOCOL);
            }
        }
    }
}
