// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import io.sluice.store.base.Bytes;
import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.fuzz.FuzzTarget;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/** What a peer says: messages of the flush protocol, and the tasks in them. The same bytes are taken for both. */
class MessageFuzzTest extends FuzzTarget {
    @Override
    protected List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        MessageCodecTest.messages().forEach(message -> seeds.add(Bytes.copy(MessageEncoder.encode(message))));
        seeds.add(FlushTaskCodec.encode(MessageCodecTest.task()).toByteArray());
        return seeds;
    }

    @Override
    protected Set<Kind> refusals() {
        return EnumSet.of(Kind.REMOTE, Kind.NOT_SUPPORTED, Kind.CORRUPTION);
    }

    @Override
    protected void parse(byte[] input) {
        allow(256L * input.length);
        attempt(() -> readMessage(input));
        attempt(() -> readTask(input));
    }

    private static void readMessage(byte[] input) throws IOException {
        FlushMessage message = MessageDecoder.decode(new UnsafeBuffer(input));
        byte[] written = Bytes.copy(MessageEncoder.encode(message));
        require(MessageDecoder.decode(new UnsafeBuffer(written)).equals(message), "written, it is another message");
    }

    private static void readTask(byte[] input) throws IOException {
        FlushTask task = decodeTask(input);
        byte[] written = FlushTaskCodec.encode(task).toByteArray();
        require(decodeTask(written).equals(task), "written, it is another task");
    }

    private static FlushTask decodeTask(byte[] input) throws IOException {
        BytewiseComparator comparator = BytewiseComparator.INSTANCE;
        return FlushTaskCodec.decode(new UnsafeBuffer(input), Map.of(comparator.name(), comparator));
    }
}
