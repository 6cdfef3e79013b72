// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.ibm.disni.verbs.IbvMr;
import com.ibm.disni.verbs.IbvSendWR;
import com.ibm.disni.verbs.IbvWC;
import com.ibm.disni.verbs.RdmaCm;
import com.ibm.disni.verbs.RdmaCmId;
import com.ibm.disni.verbs.RdmaEventChannel;
import com.ibm.disni.verbs.impl.NatIbvCQ;
import com.ibm.disni.verbs.impl.NatIbvQP;
import com.ibm.disni.verbs.impl.NatRdmaEventChannel;
import com.ibm.disni.verbs.impl.NativeDispatcher;
import io.sluice.transport.rdma.verbs.VerbsEnd.Memory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Java, DiSNI, the native library, the kernel's soft-RoCE device, and back. */
@Tag("soft-roce")
class VerbsTest {
    private static final int LENGTH = 100_000;
    private static final int ALL_RIGHTS =
            IbvMr.IBV_ACCESS_LOCAL_WRITE | IbvMr.IBV_ACCESS_REMOTE_WRITE | IbvMr.IBV_ACCESS_REMOTE_READ;
    private static int nextPort = 21_000;

    private VerbsPair pair;

    VerbsTest() throws IOException {
        pair = new VerbsPair(nextPort++);
    }

    @AfterEach
    void close() throws IOException {
        pair.close();
    }

    private static void fill(ByteBuffer buffer, long seed) {
        byte[] bytes = new byte[buffer.capacity()];
        new Random(seed).nextBytes(bytes);
        buffer.put(0, bytes);
    }

    private static boolean isZero(ByteBuffer buffer) {
        return buffer.equals(ByteBuffer.allocate(buffer.capacity()));
    }

    @Test
    void shouldSendAMessage() throws IOException {
        Memory target = pair.server.register(LENGTH, IbvMr.IBV_ACCESS_LOCAL_WRITE);
        Memory source = pair.client.register(LENGTH, IbvMr.IBV_ACCESS_LOCAL_WRITE);
        fill(source.buffer(), 1);
        pair.server.postReceive(target, 7);

        pair.client.send(source, LENGTH, 8);

        pair.client.awaitSuccess(8);
        assertThat(pair.server.awaitSuccess(7).getByte_len()).isEqualTo(LENGTH);
        assertThat(target.buffer()).isEqualTo(source.buffer());
    }

    @Test
    void shouldWriteThePeersMemory() throws IOException {
        Memory target = pair.server.register(LENGTH, ALL_RIGHTS);
        Memory source = pair.client.register(LENGTH, IbvMr.IBV_ACCESS_LOCAL_WRITE);
        fill(source.buffer(), 2);

        pair.client.post(
                IbvSendWR.IBV_WR_RDMA_WRITE,
                source,
                LENGTH,
                9,
                target.address(),
                target.region().getRkey());

        pair.client.awaitSuccess(9);
        assertThat(target.buffer()).isEqualTo(source.buffer());
        assertThat(pair.server.pollOnce())
                .as("the target's CPU has no part in it")
                .isNull();
    }

    @Test
    void shouldReadThePeersMemory() throws IOException {
        Memory source = pair.server.register(LENGTH, ALL_RIGHTS);
        Memory target = pair.client.register(LENGTH, IbvMr.IBV_ACCESS_LOCAL_WRITE);
        fill(source.buffer(), 3);

        pair.client.post(
                IbvSendWR.IBV_WR_RDMA_READ,
                target,
                LENGTH,
                10,
                source.address(),
                source.region().getRkey());

        pair.client.awaitSuccess(10);
        assertThat(target.buffer()).isEqualTo(source.buffer());
    }

    @Test
    void shouldFailAWriteWithAWrongKeyAndChangeNothing() throws IOException {
        Memory target = pair.server.register(LENGTH, ALL_RIGHTS);
        Memory source = pair.client.register(LENGTH, IbvMr.IBV_ACCESS_LOCAL_WRITE);
        fill(source.buffer(), 4);
        int wrongKey = target.region().getRkey() ^ 0x55;

        pair.client.post(IbvSendWR.IBV_WR_RDMA_WRITE, source, LENGTH, 11, target.address(), wrongKey);

        assertThat(pair.client.awaitCompletion().getStatus()).isEqualTo(VerbsEnd.REMOTE_ACCESS_ERROR);
        assertThat(isZero(target.buffer())).isTrue();
    }

    @Test
    void shouldFailAWriteOfMemoryThatMayOnlyBeRead() throws IOException {
        Memory target = pair.server.register(LENGTH, IbvMr.IBV_ACCESS_LOCAL_WRITE | IbvMr.IBV_ACCESS_REMOTE_READ);
        Memory source = pair.client.register(LENGTH, IbvMr.IBV_ACCESS_LOCAL_WRITE);
        fill(source.buffer(), 5);

        pair.client.post(
                IbvSendWR.IBV_WR_RDMA_WRITE,
                source,
                LENGTH,
                12,
                target.address(),
                target.region().getRkey());

        assertThat(pair.client.awaitCompletion().getStatus()).isEqualTo(VerbsEnd.REMOTE_ACCESS_ERROR);
        assertThat(isZero(target.buffer())).isTrue();
    }

    @Test
    void shouldWaitForACompletionEvent() throws IOException {
        Memory target = pair.server.register(64, IbvMr.IBV_ACCESS_LOCAL_WRITE);
        Memory source = pair.client.register(64, IbvMr.IBV_ACCESS_LOCAL_WRITE);
        pair.server.postReceive(target, 1);
        pair.server.queue.reqNotification(false).execute();
        assertThat(pair.server.channel.getCqEvent(pair.server.queue, 0)).isFalse();

        pair.client.send(source, 64, 2);

        assertThat(pair.server.channel.getCqEvent(pair.server.queue, VerbsEnd.DEADLINE_MS))
                .isTrue();
        pair.server.awaitSuccess(1);
        pair.client.awaitSuccess(2);
        pair.server.queue.ackEvents(1);
        assertThatThrownBy(() -> pair.server.queue.ackEvents(1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("of which 0 were taken");
    }

    /** libibverbs would wait for Java's acknowledgement for ever. */
    @Test
    void shouldDestroyAQueueWithAnEventThatNobodyAcknowledged() throws IOException {
        Memory target = pair.server.register(64, IbvMr.IBV_ACCESS_LOCAL_WRITE);
        Memory source = pair.client.register(64, IbvMr.IBV_ACCESS_LOCAL_WRITE);
        pair.server.postReceive(target, 1);
        pair.server.queue.reqNotification(false).execute();
        pair.client.send(source, 64, 2);
        assertThat(pair.server.channel.getCqEvent(pair.server.queue, VerbsEnd.DEADLINE_MS))
                .isTrue();
        // close() follows
    }

    @Test
    void shouldFlushWhatWasPostedWhenDisconnected() throws IOException {
        Memory target = pair.server.register(64, IbvMr.IBV_ACCESS_LOCAL_WRITE);
        pair.server.postReceive(target, 3);

        pair.client.id.disconnect();

        VerbsEnd.await(pair.serverEvents, VerbsEnd.DISCONNECTED);
        pair.server.id.disconnect();
        IbvWC completion = pair.server.awaitCompletion();
        assertThat(completion.getStatus()).isEqualTo(VerbsEnd.FLUSHED);
        assertThat(completion.getWr_id()).isEqualTo(3);
    }

    @Test
    void shouldRefuseMoreThanAQueueHolds() throws IOException {
        Memory target = pair.server.register(64, IbvMr.IBV_ACCESS_LOCAL_WRITE);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 1000; i++) {
                        pair.server.postReceive(target, i);
                    }
                })
                .isInstanceOf(IOException.class)
                .hasMessageContaining("its queue is full")
                .hasMessageContaining("errno");
    }

    @Test
    void shouldThrowForHandlesOfWhatIsGone() throws Exception {
        NativeDispatcher dispatcher = NativeContractTest.dispatcher();
        long queue = ((NatIbvCQ) pair.server.queue).getObjId();
        long queuePair = ((NatIbvQP) pair.server.queuePair).getObjId();
        assertThatThrownBy(() -> dispatcher._pollCQ(queuePair, 1, 0))
                .as("of another kind")
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is no completion queue that is alive");
        pair.close();
        assertThatThrownBy(() -> dispatcher._pollCQ(queue, 1, 0))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is no completion queue that is alive");
        assertThatThrownBy(() -> dispatcher._postSend(queuePair, 0))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is no queue pair that is alive");
        pair = new VerbsPair(nextPort++);
        assertThatThrownBy(() -> dispatcher._destroyCQ(queue))
                .as("though others took its place")
                .isInstanceOf(IOException.class);
    }

    @Test
    void shouldNotDestroyWhatIsInUse() throws Exception {
        NativeDispatcher dispatcher = NativeContractTest.dispatcher();
        long queue = ((NatIbvCQ) pair.server.queue).getObjId();
        assertThatThrownBy(() -> dispatcher._destroyCQ(queue))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("can't destroy a completion queue: errno 16");
        assertThat(pair.server.pollOnce()).as("it is as it was").isNull();
    }

    @Test
    void shouldWakeAWaiterWhoseChannelIsClosed() throws Exception {
        RdmaEventChannel events = RdmaEventChannel.createEventChannel();
        NativeDispatcher dispatcher = NativeContractTest.dispatcher();
        long handle = ((NatRdmaEventChannel) events).getObjId();
        CompletableFuture<Throwable> ended = new CompletableFuture<>();
        Thread waiter = new Thread(() -> {
            try {
                dispatcher._getCmEvent(handle, 0, 0, -1);
                ended.complete(new AssertionError("an event"));
            } catch (Throwable e) {
                ended.complete(e);
            }
        });
        waiter.start();
        events.destroyEventChannel();
        assertThat(ended.get(VerbsEnd.DEADLINE_MS, TimeUnit.MILLISECONDS))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is no event channel that is alive");
    }

    @Test
    void shouldTellThatNobodyListens() throws IOException {
        RdmaEventChannel events = RdmaEventChannel.createEventChannel();
        RdmaCmId id = VerbsEnd.resolve(events, new InetSocketAddress(VerbsPair.HOST, 1));
        VerbsEnd end = VerbsEnd.of(events, id);
        id.connect(VerbsEnd.retries());
        VerbsEnd.await(events, VerbsEnd.REJECTED);
        end.close();
        events.destroyEventChannel();
    }

    @Test
    void shouldTellThatNoDeviceHasTheAddress() throws IOException {
        RdmaEventChannel events = RdmaEventChannel.createEventChannel();
        RdmaCmId id = events.createId(RdmaCm.RDMA_PS_TCP);
        assertThatThrownBy(() -> id.bindAddr(new InetSocketAddress("192.0.2.1", 4000)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("can't bind to 192.0.2.1:4000: errno")
                .hasMessageContaining("rdma link");
        assertThatThrownBy(events::destroyEventChannel)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("with 1 connection ids");
        id.destroyId();
    }

    @Test
    void shouldTellWhereBothEndsAre() throws IOException {
        InetSocketAddress server = (InetSocketAddress) pair.client.id.getDestination();
        assertThat(server.getAddress().getHostAddress()).isEqualTo(VerbsPair.HOST);
        assertThat(pair.server.id.getDestination()).isEqualTo(pair.client.id.getSource());
        assertThat(pair.client.queuePair.getQp_num()).isPositive();
    }
}
