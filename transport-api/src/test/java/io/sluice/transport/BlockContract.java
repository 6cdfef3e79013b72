// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Checksums of blocks, from who made them to who uses them: what differs ends its connection and no other. */
@Tag("T7")
public abstract class BlockContract extends ContractSupport {
    private static final int LENGTH = 200_000;
    private static final int AT = 1000;

    protected BlockContract() {}

    private static BlockChannel channel(Connection connection) {
        return new BlockChannel(connection, 65_536, 2);
    }

    private static Region filled(RegionPool pool) {
        Region region = acquire(pool, LENGTH + AT);
        region.buffer().putBytes(AT, bytes(LENGTH, 7), 0, LENGTH);
        return region;
    }

    private static UnsafeBuffer encoded(BlockDigest digest) {
        UnsafeBuffer message = new UnsafeBuffer(new byte[BlockDigest.ENCODED_LENGTH]);
        digest.encode(message, 0);
        return message;
    }

    private static void flip(Region region, int at) {
        region.buffer().putByte(at, (byte) (region.buffer().getByte(at) ^ 1));
    }

    /** Another connection between the same transports lives on. */
    private static final class Bystander {
        private final Connection there;
        private final Connection here;

        Bystander(Pair pair, InetSocketAddress anyAddress) throws Exception {
            LinkedBlockingQueue<Connection> accepted = new LinkedBlockingQueue<>();
            Listener listener = pair.serverTransport.listen(anyAddress, accepted::add);
            there = pair.clientTransport.connect(listener.address()).get(60, TimeUnit.SECONDS);
            here = Objects.requireNonNull(accepted.poll(60, TimeUnit.SECONDS));
        }

        void shouldBeUnharmed() {
            offer(there, bytes(10, 1));
            assertThat(take(here)).isEqualTo(bytes(10, 1));
        }
    }

    private static void shouldFail(Connection connection, String code) throws Exception {
        assertThat(connection.closed().get(60, TimeUnit.SECONDS)).isEqualTo(ConnectionState.FAILED);
        assertThat(Objects.requireNonNull(connection.failure()).code()).isEqualTo(code);
    }

    /** Writes a block and tells its digest, as the peer gets it. */
    private static BlockDigest write(Pair pair, Region source, Region target) throws Exception {
        BlockDigest digest = channel(pair.client)
                .writeChecked(source, AT, LENGTH, pair.server.expose(target, Access.WRITE), AT)
                .get(60, TimeUnit.SECONDS);
        offer(pair.client, encoded(digest));
        return BlockDigest.decode(take(pair.server), 0);
    }

    private static CompletableFuture<Void> read(Pair pair, Region source, BlockDigest digest, Region target)
            throws Exception {
        RemoteRegion exposed = pair.server.expose(source, Access.READ);
        return channel(pair.client).readChecked(exposed, digest, target, 0, ForkJoinPool.commonPool());
    }

    @Test
    void shouldTakeABlockThatIsAsItWasWritten() throws Exception {
        Pair pair = pair();
        Region target = acquire(pair.serverPool, LENGTH + AT);
        BlockDigest told = write(pair, filled(pair.clientPool), target);
        assertThat(told).isEqualTo(BlockDigest.of(target, AT, LENGTH, AT));
        channel(pair.server).checkWritten(told, target, 0);
        assertThat(copy(target.buffer(), AT, LENGTH)).isEqualTo(bytes(LENGTH, 7));
    }

    @Test
    void shouldEndTheConnectionOfABlockThatIsNotAsItWasWritten() throws Exception {
        Pair pair = pair();
        Bystander bystander = new Bystander(pair, fixture.anyAddress());
        Region target = acquire(pair.serverPool, LENGTH + AT);
        BlockDigest told = write(pair, filled(pair.clientPool), target);
        flip(target, AT + LENGTH - 1);
        assertThatThrownBy(() -> channel(pair.server).checkWritten(told, target, 0))
                .isInstanceOfSatisfying(
                        TransportException.class, e -> assertThat(e.code()).isEqualTo("transport.block.crc"));
        shouldFail(pair.server, "transport.block.crc");
        shouldFail(pair.client, "transport.block.crc");
        bystander.shouldBeUnharmed();
    }

    @Test
    void shouldReadABlockThatIsAsItsOwnerSaid() throws Exception {
        Pair pair = pair();
        Region source = filled(pair.serverPool);
        Region target = acquire(pair.clientPool, LENGTH);
        read(pair, source, BlockDigest.of(source, AT, LENGTH, AT), target).get(60, TimeUnit.SECONDS);
        assertThat(copy(target.buffer(), 0, LENGTH)).isEqualTo(bytes(LENGTH, 7));
    }

    @Test
    void shouldEndTheConnectionOfABlockThatIsNotAsItsOwnerSaid() throws Exception {
        Pair pair = pair();
        Bystander bystander = new Bystander(pair, fixture.anyAddress());
        Region source = filled(pair.serverPool);
        BlockDigest told = BlockDigest.of(source, AT, LENGTH, AT);
        flip(source, AT);
        assertThat(failureOf(read(pair, source, told, acquire(pair.clientPool, LENGTH)))
                        .code())
                .isEqualTo("transport.block.crc");
        shouldFail(pair.client, "transport.block.crc");
        shouldFail(pair.server, "transport.block.crc");
        bystander.shouldBeUnharmed();
    }

    @Test
    void shouldEndTheConnectionOfADigestThatCantBe() throws Exception {
        Pair pair = pair();
        Region source = filled(pair.serverPool);
        BlockDigest beyond = new BlockDigest(Long.MAX_VALUE, LENGTH, 0);
        assertThatThrownBy(() -> channel(pair.server).checkWritten(beyond, source, AT))
                .isInstanceOfSatisfying(
                        TransportException.class, e -> assertThat(e.code()).isEqualTo("transport.block.digest"));
        shouldFail(pair.client, "transport.block.digest");

        Pair other = pair();
        Region own = filled(other.serverPool);
        assertThat(failureOf(read(other, own, beyond, acquire(other.clientPool, LENGTH)))
                        .code())
                .isEqualTo("transport.block.digest");
        shouldFail(other.server, "transport.block.digest");
    }

    @Test
    void shouldNoticeABlockThatWasDamagedOnItsWayToAnothersMemory() throws Exception {
        Pair pair = pair();
        fixture.damageBlocks();
        Region target = acquire(pair.serverPool, LENGTH + AT);
        BlockDigest told = write(pair, filled(pair.clientPool), target);
        assertThatThrownBy(() -> channel(pair.server).checkWritten(told, target, 0))
                .isInstanceOfSatisfying(
                        TransportException.class, e -> assertThat(e.code()).isEqualTo("transport.block.crc"));
        shouldFail(pair.client, "transport.block.crc");
    }

    @Test
    void shouldNoticeABlockThatWasDamagedOnItsWayFromAnothersMemory() throws Exception {
        Pair pair = pair();
        fixture.damageBlocks();
        Region source = filled(pair.serverPool);
        BlockDigest told = BlockDigest.of(source, AT, LENGTH, AT);
        assertThat(failureOf(read(pair, source, told, acquire(pair.clientPool, LENGTH)))
                        .code())
                .isEqualTo("transport.block.crc");
        shouldFail(pair.server, "transport.block.crc");
    }
}
