// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.Objects;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A block's checksum and its form on the wire. */
@Tag("T7")
class BlockDigestTest {
    @Test
    void shouldBeTheCrc32cOfTheBlock() throws Exception {
        try (RegionPool pool = new RegionPool(4096, 8192)) {
            Region other = Objects.requireNonNull(pool.tryAcquire(1));
            Region region = Objects.requireNonNull(pool.tryAcquire(1));
            region.buffer().putStringWithoutLengthAscii(5, "123456789");
            BlockDigest digest = BlockDigest.of(region, 5, 9, 77);
            assertThat(digest).isEqualTo(new BlockDigest(77, 9, 0xE3069283)); // RFC 3720's check value
            digest.check(region, 5);
            assertThatThrownBy(() -> digest.check(region, 6)).hasMessageContaining("[transport.block.crc]");
            assertThatThrownBy(() -> digest.check(region, 4096 - 8)).hasMessageContaining("[transport.block.digest]");
            assertThatThrownBy(() -> digest.check(region, -1)).hasMessageContaining("[transport.block.digest]");
            assertThat(BlockDigest.of(region, 4096, 0, 0).crc32c()).isZero();
            assertThatThrownBy(() -> BlockDigest.of(region, 1, 4096, 0)).isInstanceOf(IllegalArgumentException.class);
            region.release();
            assertThatThrownBy(() -> BlockDigest.of(region, 5, 9, 77)).isInstanceOf(IllegalStateException.class);
            other.release();
        }
    }

    @Test
    void shouldKeepItsForm() throws Exception {
        UnsafeBuffer wire = new UnsafeBuffer(new byte[BlockDigest.ENCODED_LENGTH + 2]);
        BlockDigest digest = new BlockDigest(0x1122334455667788L, 0x01020304, 0xE3069283);
        digest.encode(wire, 1);
        assertThat(HexFormat.of().formatHex(wire.byteArray()))
                .isEqualTo("008877665544332211" + "04030201" + "839206e300");
        assertThat(BlockDigest.decode(wire, 1)).isEqualTo(digest);
    }

    @Test
    void shouldRefuseWhatIsNone() {
        UnsafeBuffer wire = new UnsafeBuffer(new byte[BlockDigest.ENCODED_LENGTH]);
        assertThatThrownBy(() -> BlockDigest.decode(wire, 1)).hasMessageContaining("[transport.block.digest]");
        assertThatThrownBy(() -> BlockDigest.decode(wire, -1)).hasMessageContaining("[transport.block.digest]");
        wire.putByte(7, (byte) 0x80);
        assertThatThrownBy(() -> BlockDigest.decode(wire, 0)).hasMessageContaining("[transport.block.digest]");
        wire.putByte(7, (byte) 0);
        wire.putByte(11, (byte) 0x80);
        assertThatThrownBy(() -> BlockDigest.decode(wire, 0)).hasMessageContaining("[transport.block.digest]");
        assertThatThrownBy(() -> new BlockDigest(-1, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
