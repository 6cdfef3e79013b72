// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.bench.common.Values;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FillTest {
    private static final long SEED = 7;

    private final Load load = Loads.small(3, 2);
    private final Values values = new Values(load.valueSize());
    private final MapTarget target = new MapTarget(load.columnFamilies());

    @Test
    void shouldMakeAndTimeEachPut() throws Exception {
        Fill.Timing timing = new Fill(load, values, SEED).run(target);
        assertThat(load.puts()).isEqualTo(1998);
        assertThat(target.puts.get()).isEqualTo(load.puts());
        assertThat(timing.latency().getTotalCount()).isEqualTo(load.puts());
        assertThat(timing.flushedNs()).isGreaterThanOrEqualTo(timing.putNs());
        assertThat(target.flushed).isTrue();
    }

    @Test
    void shouldFindAllThatWasWritten() throws Exception {
        new Fill(load, values, SEED).run(target);
        Verification verification = Verification.of(target, load, values, SEED);
        assertThat(verification).isEqualTo(new Verification(target.entries(), 0, 0));
        // Of n draws from n numbers, about 1 - 1/e are distinct.
        assertThat(target.entries()).isBetween(1100L, 1400L);
        assertThat(verification.holds()).isTrue();
    }

    @Test
    void shouldSeeAMissingKey() throws Exception {
        new Fill(load, values, SEED).run(target);
        target.columnFamilies.get(1).pollFirstEntry();
        Verification verification = Verification.of(target, load, values, SEED);
        assertThat(verification).isEqualTo(new Verification(target.entries(), 1, 0));
        assertThat(verification.holds()).isFalse();
    }

    @Test
    void shouldSeeAWrongValue() throws Exception {
        new Fill(load, values, SEED).run(target);
        ByteBuffer value = target.columnFamilies.get(0).firstEntry().getValue();
        value.put(99, (byte) (value.get(99) ^ 1));
        Verification verification = Verification.of(target, load, values, SEED);
        assertThat(verification).isEqualTo(new Verification(target.entries() - 1, 1, 1));
        assertThat(verification.holds()).isFalse();
    }

    @Test
    void shouldSeeAnEntryThatNobodyWrote() throws Exception {
        new Fill(load, values, SEED).run(target);
        target.put(0, ByteBuffer.wrap(Keys.template(16)).putLong(0, load.num()), ByteBuffer.allocate(100));
        assertThat(Verification.of(target, load, values, SEED).wrong()).isEqualTo(1);
    }

    @Test
    void shouldSeeAnEntryInAnotherColumnFamily() throws Exception {
        new Fill(load, values, SEED).run(target);
        Map.Entry<ByteBuffer, ByteBuffer> entry = target.columnFamilies.get(0).firstEntry();
        target.columnFamilies.get(1).put(entry.getKey(), entry.getValue());
        assertThat(Verification.of(target, load, values, SEED).wrong()).isEqualTo(1);
    }

    /** Sorted maps. */
    private static final class MapTarget implements FillTarget {
        private final List<TreeMap<ByteBuffer, ByteBuffer>> columnFamilies = new ArrayList<>();
        private final AtomicLong puts = new AtomicLong();
        private boolean flushed;

        MapTarget(int count) {
            for (int i = 0; i < count; i++) {
                columnFamilies.add(new TreeMap<>(Comparator.comparingLong(key -> key.getLong(0))));
            }
        }

        long entries() {
            return columnFamilies.stream().mapToLong(TreeMap::size).sum();
        }

        @Override
        public synchronized void put(int columnFamily, ByteBuffer key, ByteBuffer value) {
            puts.incrementAndGet();
            columnFamilies.get(columnFamily).put(copy(key), copy(value));
        }

        private static ByteBuffer copy(ByteBuffer buffer) {
            return ByteBuffer.allocate(buffer.remaining()).put(buffer).flip();
        }

        @Override
        public void flush() {
            flushed = true;
        }

        @Override
        public void scan(int columnFamily, EntryVisitor visitor) {
            columnFamilies.get(columnFamily).forEach(visitor::entry);
        }

        @Override
        public Map<String, Object> details() {
            return Map.of();
        }

        @Override
        public void close() {}
    }
}
