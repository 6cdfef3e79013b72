// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.Crc32c;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.RangeTombstone;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.sst.ArrayFile;
import io.sluice.store.sst.Entry;
import io.sluice.store.sst.EntryIterator;
import io.sluice.store.sst.PropertyNames;
import io.sluice.store.sst.TableOptions;
import io.sluice.store.sst.TableReader;
import io.sluice.store.sst.TestIdentity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class TableBuildTest {
    private static final TableOptions OPTIONS = TableOptions.DEFAULT.withFilterBitsPerKey(10);
    private static final TableBuild.Progress NO_PROGRESS = (entries, bytes) -> {};

    private static TableBuild build(Long... snapshots) {
        return new TableBuild(OPTIONS, TestIdentity.LOCAL, Arrays.asList(snapshots), 12, () -> 5);
    }

    private static Entry entry(String key, long sequence, byte type) {
        byte[] value = type == ValueType.VALUE ? ("v" + sequence).getBytes(StandardCharsets.UTF_8) : new byte[0];
        return Entry.of(key.getBytes(StandardCharsets.UTF_8), sequence, type, value);
    }

    private static Entry put(String key, long sequence) {
        return entry(key, sequence, ValueType.VALUE);
    }

    private static Entry delete(String key, long sequence) {
        return entry(key, sequence, ValueType.DELETION);
    }

    private static Entry merge(String key, long sequence) {
        return entry(key, sequence, ValueType.MERGE);
    }

    private static Entry single(String key, long sequence) {
        return entry(key, sequence, ValueType.SINGLE_DELETION);
    }

    private static List<Entry> kept(TableBuild build, Entry... entries) throws IOException {
        ArrayFile file = new ArrayFile();
        TableBuildResult result = build.run(new EntryIterator(List.of(entries)), List.of(), file, NO_PROGRESS);
        List<Entry> kept = read(file.toByteArray());
        assertThat(result.inputEntries()).isEqualTo(entries.length);
        assertThat(result.outputEntries()).isEqualTo(kept.size());
        return kept;
    }

    private static List<Entry> read(byte[] table) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (TableReader reader = TableReader.open(ArrayFile.readable(table), BytewiseComparator.INSTANCE);
                InternalIterator iterator = reader.iterator()) {
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                entries.add(new Entry(Slice.copyOf(iterator.key()), Slice.copyOf(iterator.value())));
            }
        }
        return entries;
    }

    @Test
    void shouldKeepTheNewestOfEachKeyAndItsDeletion() throws IOException {
        assertThat(kept(build(), put("a", 3), put("a", 2), delete("b", 9), put("b", 8), put("c", 1)))
                .containsExactly(put("a", 3), delete("b", 9), put("c", 1));
        assertThat(kept(build(), put("a", 3), delete("a", 2), put("a", 1))).containsExactly(put("a", 3));
    }

    @Test
    void shouldKeepWhatASnapshotSees() throws IOException {
        Entry[] versions = {put("a", 9), put("a", 7), put("a", 5), put("a", 3), put("a", 1)};
        assertThat(kept(build(5L), versions)).containsExactly(put("a", 9), put("a", 5));
        assertThat(kept(build(4L), versions)).containsExactly(put("a", 9), put("a", 3));
        assertThat(kept(build(1L, 6L, 7L, 8L), versions))
                .containsExactly(put("a", 9), put("a", 7), put("a", 5), put("a", 1));
        assertThat(kept(build(0L, 100L), versions)).containsExactly(put("a", 9));
        assertThat(kept(build(1L, 3L, 3L, 5L, 7L, 9L), versions)).containsExactly(versions);
    }

    @Test
    void shouldKeepOperandsAndWhatTheyNeedWithoutAnOperator() throws IOException {
        assertThat(kept(build(), merge("a", 9), merge("a", 8), put("a", 7), put("a", 6)))
                .containsExactly(merge("a", 9), merge("a", 8), put("a", 7));
        assertThat(kept(build(), put("a", 9), merge("a", 8), put("a", 7))).containsExactly(put("a", 9));
    }

    @Test
    void shouldKeepASingleDeletionThatHasNotMetItsValue() throws IOException {
        assertThat(kept(build(), single("a", 8), put("b", 9))).containsExactly(single("a", 8), put("b", 9));
        assertThat(kept(build(), put("a", 9), single("a", 8), put("a", 7))).containsExactly(put("a", 9));
    }

    /** Whatever the snapshots, a reader at the tip or at a snapshot sees the same before and after. */
    @Test
    void shouldChangeNothingThatAnyReaderSees() throws IOException {
        for (long seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            TreeSet<Entry> entries = new TreeSet<>(Entry.ORDER);
            for (int sequence = 1; sequence <= 60; sequence++) {
                String key = "k" + random.nextInt(8);
                entries.add(random.nextInt(3) == 0 ? delete(key, sequence) : put(key, sequence));
            }
            List<Long> snapshots = new ArrayList<>();
            for (int i = random.nextInt(6); i > 0; i--) {
                snapshots.add((long) random.nextInt(70));
            }
            Collections.sort(snapshots);
            List<Entry> kept = kept(build(snapshots.toArray(new Long[0])), entries.toArray(new Entry[0]));
            snapshots.add(InternalKey.MAX_SEQUENCE);
            int most = 0;
            for (long snapshot : snapshots) {
                assertThat(seen(kept, snapshot))
                        .as("seed %d snapshot %d", seed, snapshot)
                        .isEqualTo(seen(entries, snapshot));
                most += seen(entries, snapshot).size();
            }
            assertThat(kept.size()).as("seed %d", seed).isLessThanOrEqualTo(most);
        }
    }

    private static Map<String, Entry> seen(Iterable<Entry> entries, long snapshot) {
        Map<String, Entry> newest = new TreeMap<>();
        for (Entry entry : entries) {
            DirectBuffer key = entry.key().buffer();
            if (InternalKey.sequence(InternalKey.trailer(key)) <= snapshot) {
                newest.putIfAbsent(key.getStringWithoutLengthUtf8(0, key.capacity() - 8), entry);
            }
        }
        return newest;
    }

    @Test
    void shouldReportTheFile() throws IOException {
        ArrayFile file = new ArrayFile();
        TableBuildResult result = build().run(
                        new EntryIterator(List.of(put("a", 3), put("a", 2), put("b", 7))),
                        List.of(),
                        file,
                        NO_PROGRESS);
        byte[] bytes = file.toByteArray();
        assertThat(file.syncs()).isEqualTo(1);
        assertThat(result.file())
                .isEqualTo(new FileMetadata(
                        7, bytes.length, put("a", 3).key(), put("b", 7).key(), 3, 7, 12, 1_700_000_000, 1_700_000_002));
        assertThat((int) result.crc32c()).isEqualTo(Crc32c.of(new UnsafeBuffer(bytes), 0, bytes.length));
        assertThat(result.properties()).containsEntry(PropertyNames.NUM_ENTRIES, "2");
        assertThat(result.statistics())
                .containsEntry("input_entries", 3L)
                .containsEntry("output_entries", 2L)
                .containsEntry("dropped_entries", 1L)
                .containsEntry("bytes_written", (long) bytes.length)
                .containsEntry("build_ns", 0L);
    }

    private static Entry range(String start, String end, long sequence) {
        return Entry.of(
                start.getBytes(StandardCharsets.UTF_8),
                sequence,
                ValueType.RANGE_DELETION,
                end.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void shouldCutRangeDeletionsAndReachToTheirEnds() throws IOException {
        ArrayFile file = new ArrayFile();
        TableBuildResult result = build(6L)
                .run(
                        new EntryIterator(List.of(put("b", 9), put("c", 5), put("d", 7))),
                        List.of(
                                new EntryIterator(List.of(range("a", "e", 8))),
                                new EntryIterator(List.of(range("c", "k", 4), range("c", "f", 3)))),
                        file,
                        NO_PROGRESS);
        assertThat(read(file.toByteArray())).containsExactly(put("b", 9), put("c", 5));
        assertThat(result.inputEntries()).isEqualTo(6);
        assertThat(result.outputEntries()).isEqualTo(7);
        FileMetadata metadata = java.util.Objects.requireNonNull(result.file());
        assertThat(metadata.smallest()).isEqualTo(range("a", "e", 8).key());
        assertThat(metadata.largest())
                .isEqualTo(range("k", "", InternalKey.MAX_SEQUENCE).key());
        assertThat(metadata.smallestSequence()).isEqualTo(4);
        assertThat(metadata.largestSequence()).isEqualTo(9);
        assertThat(result.properties())
                .containsEntry(PropertyNames.NUM_RANGE_DELETIONS, "5")
                .containsEntry(PropertyNames.NUM_DELETIONS, "5");
        try (TableReader reader =
                TableReader.open(ArrayFile.readable(file.toByteArray()), BytewiseComparator.INSTANCE)) {
            assertThat(reader.rangeTombstones().tombstones())
                    .containsExactly(
                            tombstone("a", "c", 8),
                            tombstone("c", "e", 8),
                            tombstone("c", "e", 4),
                            tombstone("e", "f", 4),
                            tombstone("f", "k", 4));
            reader.verifyChecksums();
        }
    }

    @Test
    void shouldMakeATableOfRangeDeletionsAlone() throws IOException {
        ArrayFile file = new ArrayFile();
        TableBuildResult result = build().run(
                        new EntryIterator(List.of(put("b", 1))),
                        List.of(new EntryIterator(List.of(range("a", "c", 2)))),
                        file,
                        NO_PROGRESS);
        assertThat(result.outputEntries()).isEqualTo(1);
        try (TableReader reader =
                TableReader.open(ArrayFile.readable(file.toByteArray()), BytewiseComparator.INSTANCE)) {
            assertThat(reader.rangeTombstones().tombstones()).containsExactly(tombstone("a", "c", 2));
            assertThat(reader.get(Entry.seekKey(new byte[] {'b'}, 9), (key, value) -> true))
                    .isFalse();
            try (InternalIterator iterator = reader.iterator()) {
                iterator.seekToLast();
                assertThat(iterator.isValid()).isFalse();
            }
            reader.verifyChecksums();
        }
    }

    private static RangeTombstone tombstone(String start, String end, long sequence) {
        return new RangeTombstone(Slice.utf8(start), Slice.utf8(end), sequence);
    }

    @Test
    void shouldMakeNoTableOfNothing() throws IOException {
        ArrayFile file = new ArrayFile();
        TableBuildResult result = build().run(new EntryIterator(List.of()), List.of(), file, NO_PROGRESS);
        assertThat(result.file()).isNull();
        assertThat(result.outputEntries()).isZero();
        assertThat(result.properties()).isEmpty();
        assertThat(file.position()).isZero();
    }

    @Test
    void shouldEndWhereProgressThrows() {
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            entries.add(put(String.format("%06d", i), i));
        }
        List<Long> calls = new ArrayList<>();
        EntryIterator iterator = new EntryIterator(entries);
        assertThatThrownBy(() -> build().run(iterator, List.of(), new ArrayFile(), (input, bytes) -> {
                    calls.add(input);
                    if (input >= 3000) {
                        throw new StoreException(StoreException.Kind.CLOSED, "job.cancelled", "cancelled");
                    }
                }))
                .hasMessageContaining("job.cancelled");
        assertThat(calls).containsExactly(1024L, 2048L, 3072L);
        assertThat(iterator.position()).isLessThan(3100);
    }

    @Test
    void shouldRefuseSnapshotsOutOfOrderAndMalformedKeys() {
        assertThatThrownBy(() -> build(5L, 4L)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> build(-1L)).isInstanceOf(IllegalArgumentException.class);
        Entry malformed = new Entry(Slice.wrap(new byte[7]), Slice.wrap(new byte[0]));
        assertThatThrownBy(() -> kept(build(), malformed)).hasMessageContaining("job.key");
        assertThatThrownBy(() -> kept(build(), put("b", 1), put("a", 2))).hasMessageContaining("sst.writer.order");
    }
}
