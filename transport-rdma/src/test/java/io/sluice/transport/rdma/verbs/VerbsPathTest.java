// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.transport.Access;
import io.sluice.transport.PeerClass;
import io.sluice.transport.Region;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.engine.RingShape;
import io.sluice.transport.wire.FrameFormat;
import io.sluice.transport.wire.PathOffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Messages and one-sided operations over a real queue pair. */
@Tag("soft-roce")
class VerbsPathTest {
    private static final int BLOCK = 8 << 20;
    private static final int SLOT = RingShape.SLOT_LENGTH;

    private final PathPair pair = PathPair.connected();

    VerbsPathTest() throws IOException {}

    @AfterEach
    void close() {
        pair.close();
    }

    private static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private void send(PathEnd from, byte[] message) throws IOException {
        long[] tries = new long[1];
        while (!from.trySend(message)) {
            pair.poll();
            assertThat(tries[0]++).as("room in time").isLessThan(10_000_000);
        }
        from.path().flush();
    }

    @Test
    void shouldCarryMessagesOfAllSizesInOrderBothWays() throws IOException {
        int header = FrameFormat.HEADER_LENGTH;
        List<byte[]> sent = new ArrayList<>();
        int[] sizes = {
            0,
            1,
            63,
            64,
            200,
            217,
            SLOT - header - 1,
            SLOT - header,
            SLOT - header + 1,
            2 * SLOT - header,
            3 * SLOT,
            PathEnd.MAX_MESSAGE_LENGTH - 1,
            PathEnd.MAX_MESSAGE_LENGTH
        };
        for (int size : sizes) {
            sent.add(random(size, size));
        }
        for (byte[] message : sent) {
            send(pair.client, message);
            send(pair.server, message);
            pair.poll();
        }
        pair.await(
                "all",
                () -> pair.server.messages.size() == sizes.length && pair.client.messages.size() == sizes.length);
        assertThat(pair.server.messages).containsExactlyElementsOf(sent);
        assertThat(pair.client.messages).containsExactlyElementsOf(sent);
        pair.await(
                "idle", () -> pair.client.path().isIdle() && pair.server.path().isIdle());
    }

    @Test
    void shouldCarryFarMoreThanTheRingsHold() throws IOException {
        Random random = new Random(5);
        int rounds = 600;
        for (int i = 0; i < rounds; i++) {
            byte[] message = random(random.nextInt(3) == 0 ? random.nextInt(20_000) : random.nextInt(200), i);
            send(pair.client, message);
            pair.poll();
        }
        pair.await("all", () -> pair.server.messages.size() == rounds);
        random = new Random(5);
        for (int i = 0; i < rounds; i++) {
            byte[] message = random(random.nextInt(3) == 0 ? random.nextInt(20_000) : random.nextInt(200), i);
            assertThat(pair.server.messages.get(i)).as("message %s", i).isEqualTo(message);
        }
    }

    @Test
    void shouldDeliverAMessageOnlyBehindTheWritesBeforeIt() throws IOException {
        Region source = pair.client.region(BLOCK);
        Region target = pair.server.region(BLOCK);
        byte[] bytes = random(BLOCK, 1);
        source.buffer().putBytes(0, bytes);

        assertThat(pair.client
                        .path()
                        .write(3, source.memory(), 0, BLOCK, pair.client.remote(0), pair.client.remoteKey()))
                .isTrue();
        send(pair.client, new byte[] {42});
        pair.await("the message", () -> !pair.server.messages.isEmpty());

        byte[] found = new byte[BLOCK];
        target.buffer().getBytes(0, found);
        assertThat(found).isEqualTo(bytes);
        pair.await("the end", () -> pair.client.ended.contains(3));
        pair.await("idle", () -> pair.client.path().isIdle());
    }

    @Test
    void shouldReadABlockInChunks() throws IOException {
        Region source = pair.server.region(BLOCK);
        Region target = pair.client.region(BLOCK);
        byte[] bytes = random(BLOCK, 2);
        source.buffer().putBytes(0, bytes);
        int length = BLOCK - 12_345;

        assertThat(pair.client
                        .path()
                        .read(0, target.memory(), 45, length, pair.client.remote(11), pair.client.remoteKey()))
                .isTrue();
        pair.client.path().flush();
        pair.await("the end", () -> pair.client.ended.contains(0));

        byte[] found = new byte[length];
        target.buffer().getBytes(45, found);
        assertThat(found).isEqualTo(java.util.Arrays.copyOfRange(bytes, 11, 11 + length));
        assertThat(target.buffer().getByte(44)).isZero();
        assertThat(target.buffer().getByte(45 + length)).isZero();
    }

    @Test
    void shouldEndManyOperationsEachOnce() throws IOException {
        Region source = pair.client.region(1 << 20);
        int count = 64;
        int taken = 0;
        while (taken < count) {
            boolean isWrite = taken % 2 == 0;
            boolean accepted = isWrite
                    ? pair.client
                            .path()
                            .write(taken, source.memory(), taken, 1, pair.client.remote(taken), pair.client.remoteKey())
                    : pair.client
                            .path()
                            .read(
                                    taken,
                                    source.memory(),
                                    taken,
                                    1000,
                                    pair.client.remote(taken),
                                    pair.client.remoteKey());
            if (accepted) {
                taken++;
            } else {
                pair.poll();
            }
        }
        pair.client.path().flush();
        pair.await("all", () -> pair.client.ended.size() == count);
        assertThat(pair.client.ended).doesNotHaveDuplicates();
        pair.await("idle", () -> pair.client.path().isIdle());
    }

    @Test
    void shouldBreakAtAWrongKeyAndChangeNothing() throws IOException {
        Region source = pair.client.region(BLOCK);
        Region target = pair.server.region(BLOCK);
        source.buffer().setMemory(0, BLOCK, (byte) 1);

        assertThat(pair.client
                        .path()
                        .write(0, source.memory(), 0, 4096, pair.client.remote(0), pair.client.remoteKey() ^ 0x55))
                .isTrue();
        pair.awaitBroken(pair.client);

        assertThat(pair.client.broken).hasMessageContaining("transport.rdma.access");
        assertThat(target.buffer().getByte(0)).isZero();
        assertThat(pair.client.ended).isEmpty();
        pair.awaitBroken(pair.server);
        assertThat(pair.server.broken).hasMessageContaining("transport.rdma.disconnected");
    }

    @Test
    void shouldKeepTheMemoryOfOperationsUntilTheQueuePairIsDestroyed() throws IOException {
        Region source = pair.client.region(BLOCK);
        pair.server.region(BLOCK);
        assertThat(pair.client
                        .path()
                        .write(0, source.memory(), 0, BLOCK, pair.client.remote(0), pair.client.remoteKey()))
                .isTrue();
        source.release();
        pair.client.path().close();
        assertThat(pair.client.pool.inUse()).isEqualTo(BLOCK);
        long endNs = System.nanoTime() + 30_000_000_000L;
        while (pair.client.closes == 0) {
            assertThat(pair.client.pool.inUse()).as("before it is closed").isEqualTo(BLOCK);
            pair.client.provider.poll();
            assertThat(System.nanoTime()).isLessThan(endNs);
        }
        assertThat(pair.client.pool.inUse()).isZero();
        assertThat(pair.client.ended).as("told after close").isEmpty();
    }

    @Test
    void shouldTakeNoMoreConnectionsThanItHasRings() throws IOException {
        pair.server.provider.listen(PeerClass.of(Access.READ_WRITE), pair.server);
        assertThatThrownBy(() -> pair.server.provider.listen(PeerClass.of(Access.READ_WRITE), pair.server))
                .isInstanceOfSatisfying(
                        TransportException.class, e -> assertThat(e.kind()).isEqualTo(Kind.BUSY))
                .hasMessageContaining("transport.rdma.rings");
    }

    @Test
    void shouldConnectAgainWithTheSameRings() throws IOException {
        for (int i = 0; i < 5; i++) {
            pair.disconnect();
            pair.connect(Access.READ_WRITE);
            send(pair.client, new byte[] {(byte) i});
            int count = i + 1;
            pair.await("message", () -> pair.server.messages.size() == count);
        }
        assertThat(pair.server.broken).isNull();
    }

    @Test
    void shouldTellThatThePeerIsGone() {
        pair.server.close();
        long endNs = System.nanoTime() + 30_000_000_000L;
        while (pair.client.broken == null) {
            pair.client.provider.poll();
            assertThat(System.nanoTime()).isLessThan(endNs);
        }
        assertThat(pair.client.broken).hasMessageContaining("transport.rdma.disconnected");
    }

    @Test
    void shouldTellThatNobodyListens() throws IOException {
        pair.disconnect();
        PathOffer offer = pair.server.path().offer();
        PathOffer wrong = new PathOffer(
                new java.net.InetSocketAddress(PathPair.SERVER, 1),
                offer.cookie(),
                offer.slotLength(),
                offer.depth(),
                offer.slabs());
        pair.client.dial(wrong, Access.READ_WRITE);
        pair.awaitBroken(pair.client);
        assertThat(pair.client.broken)
                .hasMessageContaining("transport.rdma.connect")
                .hasMessageContaining("rejected");
    }
}
