// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.ValueType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Tables that must never change. To renew one on purpose, run this test and copy what it leaves under
 * {@code target/golden} to its resources.
 */
class GoldenTableTest {
    private static final Path FOUND = Path.of("target", "golden");

    /** Every type, versions of one key over several blocks, empty key and value. */
    private static List<Entry> entries() {
        List<Entry> entries = new ArrayList<>();
        entries.add(Entry.put("", 40, ""));
        entries.add(Entry.of(new byte[] {'a'}, 41, ValueType.DELETION, new byte[0]));
        for (int i = 30; i > 0; i--) {
            entries.add(Entry.put("fruit", i, "version " + i + " of one key that spans data blocks"));
        }
        entries.add(Entry.of(new byte[] {'m'}, 42, ValueType.MERGE, new byte[] {1, 2, 3}));
        entries.add(Entry.of(new byte[] {'s'}, 43, ValueType.SINGLE_DELETION, new byte[0]));
        for (int i = 0; i < 20; i++) {
            entries.add(Entry.put(String.format("tree/%03d", i), 50 + i, "leaf " + i));
        }
        entries.add(Entry.of(new byte[] {-1, -1}, InternalKey.MAX_SEQUENCE, ValueType.VALUE, new byte[100]));
        return entries;
    }

    @ParameterizedTest
    @EnumSource(
            value = CompressionType.class,
            names = {"NONE", "LZ4"})
    void shouldWriteTheGoldenTable(CompressionType compression) throws IOException {
        String name = "written-" + compression.name().toLowerCase(java.util.Locale.ROOT) + ".sst";
        TableOptions options = TableOptions.DEFAULT
                .withBlockSize(400)
                .withCompression(compression, TableOptions.DEFAULT_LEVEL)
                .withFilterBitsPerKey(10);
        byte[] table = Entry.table(entries(), options);
        Files.createDirectories(FOUND);
        Files.write(FOUND.resolve(name), table);
        assertThat(table).isEqualTo(resource(name));
        assertThat(Entry.read(table)).isEqualTo(entries());
    }

    /** Written by RocksDB 10.2.1: format version 5, XXH3 checksums, Zstandard, 10 bits a key. */
    @Test
    void shouldReadTheTableThatRocksDbWrote() throws IOException {
        byte[] table = resource("rocksdb-10.2.1.sst");
        try (TableReader reader = TableReader.open(ArrayFile.readable(table), BytewiseComparator.INSTANCE)) {
            reader.verifyChecksums();
            List<Entry> entries = Entry.readAll(reader);
            assertThat(entries).hasSize(500);
            for (int i = 0; i < 500; i++) {
                assertThat(entries.get(i)).isEqualTo(Entry.put(String.format("key%05d", i), i + 1, "value " + i));
                assertThat(reader.mayContain(new UnsafeBuffer(entries.get(i).userKey())))
                        .isTrue();
            }
            assertThat(reader.properties().asMap())
                    .containsEntry(PropertyNames.COMPRESSION, "ZSTD")
                    .containsEntry(PropertyNames.NUM_ENTRIES, "500");
        }
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream stream = GoldenTableTest.class.getResourceAsStream(name)) {
            return Objects.requireNonNull(stream, name).readAllBytes();
        }
    }
}
