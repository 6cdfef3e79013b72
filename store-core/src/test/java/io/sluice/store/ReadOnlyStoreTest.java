// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.StoreException;
import io.sluice.store.storage.LocalStorage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadOnlyStoreTest {
    private static final DBOptions CREATE =
            DBOptions.builder().createIfMissing(true).build();

    @TempDir
    private Path directory;

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    /** The store's files, each with its time and checksum; without the logs, which an owner goes on writing. */
    private Map<String, String> filesButLogs() throws IOException {
        Map<String, String> files = files();
        files.keySet().removeIf(name -> name.endsWith(".log"));
        return files;
    }

    /** Every file but what is in an owner's directory, with its time and checksum. */
    private Map<String, String> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            Map<String, String> contents = new TreeMap<>();
            files.filter(Files::isRegularFile).forEach(file -> {
                try {
                    CRC32C crc = new CRC32C();
                    crc.update(Files.readAllBytes(file));
                    contents.put(
                            directory.relativize(file).toString(),
                            Files.getLastModifiedTime(file) + " " + crc.getValue());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            return contents;
        }
    }

    @Test
    void shouldReadAStoreThatIsOpenElsewhereAndLeaveItAsItIs() throws Exception {
        try (Store owner = Store.open(CREATE, directory)) {
            owner.put(bytes("a"), bytes("1"));
            owner.put(bytes("b"), bytes("2"));
            owner.flush(FlushOptions.DEFAULT);
            Map<String, String> before = filesButLogs();
            try (ReadOnlyStore store = ReadOnlyStore.open(directory)) {
                assertThat(store.get(store.defaultColumnFamily(), bytes("a"))).isEqualTo(bytes("1"));
                owner.put(bytes("a"), bytes("changed"));
                try (StoreIterator entries = store.newIterator(store.defaultColumnFamily(), ReadOptions.DEFAULT)) {
                    entries.seekToLast();
                    assertThat(entries.key()).isEqualTo(bytes("b"));
                    entries.prev();
                    assertThat(entries.value()).isEqualTo(bytes("1"));
                    entries.prev();
                    assertThat(entries.isValid()).isFalse();
                }
                assertThat(store.identity()).isEqualTo(owner.identity());
                assertThat(store.propertiesOfAllTables(store.defaultColumnFamily()))
                        .hasSize(1);
            }
            assertThat(filesButLogs()).isEqualTo(before);
            owner.flush(FlushOptions.DEFAULT); // not fenced
        }
        try (ReadOnlyStore store = ReadOnlyStore.open(directory)) {
            assertThat(store.get(store.defaultColumnFamily(), bytes("a"))).isEqualTo(bytes("changed"));
        }
    }

    @Test
    void shouldReadAStoreOfADirectoryThatMayNotBeWritten() throws Exception {
        try (Store owner = Store.open(CREATE, directory)) {
            owner.put(bytes("a"), bytes("1"));
            owner.createColumnFamily(new ColumnFamilyDescriptor("second", ColumnFamilyOptions.DEFAULT));
        }
        Map<String, String> before = files();
        try (LocalStorage storage = new LocalStorage(directory);
                ReadOnlyStore store = ReadOnlyStore.open(storage)) {
            assertThat(store.columnFamilies())
                    .extracting(ColumnFamilyHandle::name)
                    .containsExactly("default", "second");
            assertThat(store.columnFamily("third")).isNull();
        }
        assertThat(files()).isEqualTo(before);
    }

    @Test
    void shouldReadWhatStandsInTheLogOnly() throws Exception {
        try (Store owner = Store.open(CREATE, directory)) {
            owner.put(bytes("flushed"), bytes("1"));
            owner.flush(FlushOptions.DEFAULT);
            owner.put(bytes("logged"), bytes("2"));
            owner.delete(bytes("flushed"));
            Map<String, String> before = filesButLogs();
            try (ReadOnlyStore store = ReadOnlyStore.open(directory)) {
                assertThat(store.get(store.defaultColumnFamily(), bytes("logged")))
                        .isEqualTo(bytes("2"));
                assertThat(store.get(store.defaultColumnFamily(), bytes("flushed")))
                        .isNull();
            }
            assertThat(filesButLogs()).isEqualTo(before);
            owner.put(bytes("later"), bytes("3"));
            owner.flush(FlushOptions.DEFAULT);
        }
    }

    @Test
    void shouldSayThatThereIsNoStoreAndMakeNone() throws Exception {
        assertThatThrownBy(() -> ReadOnlyStore.open(directory.resolve("nothing")))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("store.missing"));
        assertThat(directory.resolve("nothing")).doesNotExist();
        Files.writeString(directory.resolve("CURRENT"), "MANIFEST-000001\n");
        assertThatThrownBy(() -> ReadOnlyStore.open(directory))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.NOT_FOUND));
    }
}
