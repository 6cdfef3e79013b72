// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.Slice;
import io.sluice.store.base.ValueType;
import io.sluice.store.fuzz.FuzzTarget;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** Batches as they stand in a log. */
class LoggedBatchFuzzTest extends FuzzTarget {
    private record Entry(int columnFamily, byte type, Slice key, Slice value) {
        void addTo(Batch batch) {
            switch (type) {
                case ValueType.VALUE -> batch.put(columnFamily, key.toByteArray(), value.toByteArray());
                case ValueType.MERGE -> batch.merge(columnFamily, key.toByteArray(), value.toByteArray());
                case ValueType.DELETION -> batch.delete(columnFamily, key.toByteArray());
                case ValueType.SINGLE_DELETION -> batch.singleDelete(columnFamily, key.toByteArray());
                case ValueType.RANGE_DELETION ->
                    batch.deleteRange(columnFamily, key.toByteArray(), value.toByteArray());
                default -> throw new AssertionError("type " + type);
            }
        }
    }

    @Override
    protected List<byte[]> seeds() {
        Batch batch = new Batch();
        byte[] key = {'k', 'e', 'y'};
        for (int family : new int[] {0, 1, 300, -1}) {
            batch.put(family, key, new byte[200]);
            batch.merge(family, key, key);
            batch.delete(family, key);
            batch.singleDelete(family, key);
            batch.deleteRange(family, key, new byte[] {'z'});
        }
        UnsafeBuffer marked = new UnsafeBuffer(new byte[LoggedBatchFormat.HEADER_LENGTH + LogMarker.LENGTH + 1]);
        LoggedBatchFormat.putHeader(marked, 5, 0);
        new LogMarker(12, 34567).encode(marked, LoggedBatchFormat.HEADER_LENGTH);
        marked.putByte(marked.capacity() - 1, (byte) LoggedBatchFormat.NOOP);
        return List.of(logged(batch, 1), logged(batch, InternalKey.MAX_SEQUENCE - batch.count()), marked.byteArray());
    }

    private static byte[] logged(Batch batch, long sequence) {
        UnsafeBuffer record = new UnsafeBuffer(new byte[LoggedBatchFormat.HEADER_LENGTH + batch.length()]);
        LoggedBatchFormat.putHeader(record, sequence, batch.count());
        record.putBytes(LoggedBatchFormat.HEADER_LENGTH, batch.buffer(), 0, batch.length());
        return record.byteArray();
    }

    @Override
    protected void parse(byte[] input) throws IOException {
        allow(600L * input.length);
        LoggedBatch batch = new LoggedBatch();
        batch.wrap("fuzz", new UnsafeBuffer(input));
        List<Entry> entries = read(batch);
        require(entries.size() == batch.count(), "count=" + batch.count() + " found=" + entries.size());
        LogMarker marker = batch.marker();
        batch.rewind();
        require(read(batch).equals(entries), "a second walk gives other entries");
        require(marker == null ? batch.marker() == null : marker.equals(batch.marker()), "another marker");
        Batch written = new Batch();
        entries.forEach(entry -> entry.addTo(written));
        batch.wrap("written", new UnsafeBuffer(logged(written, batch.sequence())));
        require(read(batch).equals(entries), "written, it is another");
    }

    private static List<Entry> read(LoggedBatch batch) throws IOException {
        List<Entry> entries = new ArrayList<>();
        while (batch.next()) {
            require(batch.entrySequence() <= InternalKey.MAX_SEQUENCE, "a sequence number above the highest");
            entries.add(new Entry(
                    batch.columnFamily(),
                    batch.type(),
                    copy(batch, batch.keyOffset(), batch.keyLength()),
                    copy(batch, batch.valueOffset(), batch.valueLength())));
        }
        return entries;
    }

    private static Slice copy(LoggedBatch batch, int offset, int length) {
        return Slice.copyOf(new UnsafeBuffer(batch.buffer(), offset, length));
    }
}
