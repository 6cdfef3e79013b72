// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.Crc32c;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.InternalIterator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class TableRoundTripTest {
    private static final TableOptions SMALL_BLOCKS = TableOptions.DEFAULT
            .withCompression(CompressionType.NONE, TableOptions.DEFAULT_LEVEL)
            .withBlockSize(256)
            .withFilterBitsPerKey(10);

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void shouldReadBackWhatWasWritten(CompressionType compression) throws IOException {
        for (long seed = 1; seed <= 6; seed++) {
            List<Entry> entries = Entry.random(new Random(seed), (int) (seed * seed * 40), 9000);
            TableOptions options =
                    SMALL_BLOCKS.withBlockSize(64 << seed).withCompression(compression, TableOptions.DEFAULT_LEVEL);
            assertThat(Entry.read(Entry.table(entries, options)))
                    .as("seed %d", seed)
                    .isEqualTo(entries);
        }
    }

    static Stream<TableOptions> intervals() {
        return Stream.of(1, 2, 3, 16, 1000)
                .map(n -> new TableOptions(
                        BytewiseComparator.INSTANCE, 300, 10, n, n, 5, CompressionType.NONE, 0, 10, true, null, null));
    }

    @ParameterizedTest
    @MethodSource("intervals")
    void shouldSeekBothWaysToEveryKey(TableOptions options) throws IOException {
        List<Entry> entries = Entry.random(new Random(options.blockRestartInterval()), 700, 700);
        try (TableReader reader = open(Entry.table(entries, options));
                InternalIterator iterator = reader.iterator()) {
            for (int i = 0; i < entries.size(); i++) {
                DirectBuffer key = entries.get(i).key().buffer();
                iterator.seek(key);
                assertThat(Entry.here(iterator)).isEqualTo(entries.get(i));
                iterator.seekForPrev(key);
                assertThat(Entry.here(iterator)).isEqualTo(entries.get(i));
                assertNeighboursOfGapAfter(entries, i, iterator);
            }
        }
    }

    private static void assertNeighboursOfGapAfter(List<Entry> entries, int i, InternalIterator iterator)
            throws IOException {
        // No two entries have the same sequence number: nothing stands at the next lower trailer of this user key.
        Entry entry = entries.get(i);
        long trailer = InternalKey.trailer(entry.key().buffer());
        DirectBuffer gap = new UnsafeBuffer(InternalKey.encode(new UnsafeBuffer(entry.userKey()), trailer - 1));
        iterator.seek(gap);
        if (i + 1 == entries.size()) {
            assertThat(iterator.isValid()).isFalse();
        } else {
            assertThat(Entry.here(iterator)).isEqualTo(entries.get(i + 1));
        }
        iterator.seekForPrev(gap);
        assertThat(Entry.here(iterator)).isEqualTo(entry);
        iterator.prev();
        assertThat(iterator.isValid()).isEqualTo(i > 0);
        if (i > 0) {
            assertThat(Entry.here(iterator)).isEqualTo(entries.get(i - 1));
        }
    }

    @ParameterizedTest
    @MethodSource("intervals")
    void shouldWalkBackwards(TableOptions options) throws IOException {
        List<Entry> entries = Entry.random(new Random(5), 900, 300);
        List<Entry> found = new ArrayList<>();
        try (TableReader reader = open(Entry.table(entries, options));
                InternalIterator iterator = reader.iterator()) {
            for (iterator.seekToLast(); iterator.isValid(); iterator.prev()) {
                found.add(0, Entry.here(iterator));
            }
        }
        assertThat(found).isEqualTo(entries);
    }

    @Test
    void shouldGetVersionsOfAKeyNewestFirstAcrossBlocks() throws IOException {
        List<Entry> entries = new ArrayList<>();
        entries.add(Entry.put("a", 900, "before"));
        for (int i = 500; i > 0; i--) {
            entries.add(Entry.put("key", i, "value " + i));
        }
        entries.add(Entry.put("z", 1, "after"));
        try (TableReader reader = open(Entry.table(entries, SMALL_BLOCKS))) {
            assertThat(reader.properties().number(PropertyNames.INDEX_KEY_IS_USER_KEY))
                    .isZero();
            byte[] key = {'k', 'e', 'y'};
            List<String> seen = new ArrayList<>();
            boolean found = reader.get(Entry.seekKey(key, 321), (k, v) -> {
                seen.add(InternalKey.sequence(InternalKey.trailer(k)) + "="
                        + v.getStringWithoutLengthUtf8(0, v.capacity()));
                return seen.size() < 321;
            });
            assertThat(found).isTrue();
            assertThat(seen)
                    .hasSize(321)
                    .startsWith("321=value 321", "320=value 320")
                    .endsWith("1=value 1");
            assertThat(reader.get(Entry.seekKey(key, 0), (k, v) -> true)).isFalse();
            assertThat(reader.get(Entry.seekKey(new byte[] {'k', 'f'}, 900), (k, v) -> true))
                    .isFalse();
        }
    }

    @Test
    void shouldFindEveryKeyThroughItsFilterAndFewOthers() throws IOException {
        Random random = new Random(9);
        List<Entry> entries = Entry.random(random, 5000, 10);
        int falsePositives = 0;
        try (TableReader reader = open(Entry.table(entries, SMALL_BLOCKS))) {
            for (Entry entry : entries) {
                assertThat(reader.mayContain(new UnsafeBuffer(entry.userKey()))).isTrue();
            }
            for (int i = 0; i < 10_000; i++) {
                UnsafeBuffer direct = new UnsafeBuffer(java.nio.ByteBuffer.allocateDirect(24));
                direct.putLong(0, random.nextLong());
                direct.putLong(8, i);
                falsePositives += reader.mayContain(direct) ? 1 : 0;
            }
        }
        assertThat(falsePositives).isBetween(20, 250); // 0.95 % at 10 bits a key
    }

    @Test
    void shouldWriteOneEntry() throws IOException {
        List<Entry> one = List.of(Entry.put("", 0, ""));
        assertThat(Entry.read(Entry.table(one, SMALL_BLOCKS))).isEqualTo(one);
    }

    @Test
    void shouldKeepValuesFarLongerThanABlock() throws IOException {
        byte[] large = new byte[3 << 20];
        new Random(3).nextBytes(large);
        List<Entry> entries = List.of(
                Entry.put("a", 1, "small"),
                Entry.of(new byte[] {'b'}, 2, ValueType.VALUE, large),
                Entry.of(new byte[] {'c'}, 3, ValueType.VALUE, new byte[5 << 20]));
        for (CompressionType type : CompressionType.values()) {
            TableOptions options = SMALL_BLOCKS.withCompression(type, TableOptions.DEFAULT_LEVEL);
            assertThat(Entry.read(Entry.table(entries, options))).isEqualTo(entries);
        }
    }

    @Test
    void shouldGiveTheSameBytesForTheSameInput() throws IOException {
        List<Entry> entries = Entry.random(new Random(4), 2000, 500);
        for (CompressionType type : CompressionType.values()) {
            TableOptions options = SMALL_BLOCKS.withCompression(type, TableOptions.DEFAULT_LEVEL);
            assertThat(Entry.table(entries, options)).isEqualTo(Entry.table(entries, options));
        }
    }

    @Test
    void shouldSummariseWhatWasWritten() throws IOException {
        List<Entry> entries = Entry.random(new Random(8), 300, 100);
        ArrayFile file = new ArrayFile();
        TableSummary summary;
        try (TableWriter writer = new TableWriter(file, SMALL_BLOCKS, TestIdentity.LOCAL)) {
            for (Entry entry : entries) {
                writer.add(entry.key().buffer(), entry.value().buffer());
            }
            assertThat(writer.entryCount()).isEqualTo(300);
            summary = writer.finish();
            assertThat(writer.fileSize()).isEqualTo(summary.size());
            assertThatThrownBy(writer::finish).isInstanceOf(IllegalStateException.class);
        }
        byte[] bytes = file.toByteArray();
        assertThat(summary.size()).isEqualTo(bytes.length);
        assertThat((int) summary.crc32c()).isEqualTo(Crc32c.of(new UnsafeBuffer(bytes), 0, bytes.length));
        assertThat(summary.crc32c()).isBetween(0L, 0xffffffffL);
        assertThat(summary.smallest()).isEqualTo(entries.get(0).key());
        assertThat(summary.largest()).isEqualTo(entries.get(299).key());
        assertThat(summary.smallestSequence()).isEqualTo(1);
        assertThat(summary.largestSequence()).isEqualTo(300);
        try (TableReader reader = open(bytes)) {
            assertThat(reader.properties()).isEqualTo(summary.properties());
            assertThat(reader.properties().asMap())
                    .containsEntry(PropertyNames.BUILDER, "local")
                    .containsEntry(PropertyNames.NUM_ENTRIES, "300")
                    .containsEntry(PropertyNames.INDEX_TYPE, "0")
                    .containsEntry(PropertyNames.DB_HOST_ID, "host-a")
                    .containsEntry(PropertyNames.KEY_LARGEST_SEQNO, "300")
                    .containsEntry(PropertyNames.COLUMN_FAMILY_NAME, "orders");
            reader.verifyChecksums();
        }
    }

    @Test
    void shouldRefuseEntriesOutOfOrderAndMalformedKeys() throws IOException {
        Entry entry = Entry.put("b", 5, "x");
        for (Entry wrong : List.of(entry, Entry.put("a", 9, "x"), Entry.put("b", 6, "x"), Entry.put("", 1, ""))) {
            try (TableWriter writer = new TableWriter(new ArrayFile(), SMALL_BLOCKS, TestIdentity.LOCAL)) {
                writer.add(entry.key().buffer(), entry.value().buffer());
                assertRefused(writer, wrong.key().buffer(), "sst.writer.order");
            }
        }
        try (TableWriter writer = new TableWriter(new ArrayFile(), SMALL_BLOCKS, TestIdentity.LOCAL)) {
            assertRefused(writer, new UnsafeBuffer(new byte[7]), "sst.writer.key");
            Entry range = Entry.of(new byte[1], 1, ValueType.RANGE_DELETION, new byte[2]);
            assertRefused(writer, range.key().buffer(), "sst.writer.type");
            assertThatThrownBy(writer::finish).isInstanceOf(IllegalStateException.class);
        }
    }

    private static void assertRefused(TableWriter writer, DirectBuffer key, String code) {
        assertThatThrownBy(() -> writer.add(key, new UnsafeBuffer(new byte[0])))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void shouldRefuseOptionsOutOfRange() {
        assertThatThrownBy(() -> SMALL_BLOCKS.withBlockSize(0)).hasMessageContaining("block_size=0");
        assertThatThrownBy(() -> SMALL_BLOCKS.withFilterBitsPerKey(Double.NaN)).hasMessageContaining("NaN");
    }

    private static TableReader open(byte[] table) throws IOException {
        return TableReader.open(ArrayFile.readable(table), BytewiseComparator.INSTANCE);
    }
}
