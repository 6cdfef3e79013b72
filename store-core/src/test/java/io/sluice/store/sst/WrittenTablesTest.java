// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.BlockBasedTableOptions;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.Slice;
import io.sluice.store.cache.OffHeapBlock;
import io.sluice.store.cache.OffHeapCache.Role;
import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.manifest.ManifestReader;
import io.sluice.store.manifest.VersionEdit;
import io.sluice.store.storage.LocalStorage;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The files of a store as flushes and compactions have left them, looked at block by block. */
@Timeout(60)
class WrittenTablesTest {
    private static final int KEYS = 3000;
    private static final BytewiseComparator ORDER = BytewiseComparator.INSTANCE;

    @TempDir
    Path directory;

    /** A data block, and what the index says of it. */
    private record Block(long offset, long length, Slice separator, List<Slice> keys) {
        Slice first() {
            return keys.get(0);
        }

        Slice last() {
            return keys.get(keys.size() - 1);
        }
    }

    @Test
    @Tag("C14")
    void shouldSortBlocksIndexTheirBoundsAndFilterTheirKeys() throws Exception {
        write();
        try (Storage storage = new LocalStorage(directory)) {
            Map<Long, FileMetadata> files = liveFiles(storage);
            assertThat(files).hasSizeGreaterThan(3); // of two levels
            for (FileMetadata file : files.values()) {
                List<Block> blocks = blocks(storage, file);
                assertThat(blocks).hasSizeGreaterThan(3);
                assertSorted(blocks);
                // the manifest is the index of first and last keys over the files, …
                assertThat(blocks.get(0).first()).isEqualTo(file.smallest());
                assertThat(blocks.get(blocks.size() - 1).last()).isEqualTo(file.largest());
                // … and a file's index over its blocks
                assertIndexed(blocks);
                assertFiltered(storage, file, blocks);
            }
        }
    }

    private static void assertSorted(List<Block> blocks) {
        Slice before = null;
        for (Block block : blocks) {
            for (Slice key : block.keys()) {
                assertThat(before == null || compare(userKey(before), userKey(key)) < 0)
                        .isTrue();
                before = key;
            }
        }
    }

    /** Each separator is at or above its block's last key and below the next one's first: one block for each key. */
    private static void assertIndexed(List<Block> blocks) {
        for (int i = 0; i < blocks.size(); i++) {
            Block block = blocks.get(i);
            assertThat(compare(userKey(block.last()), block.separator())).isLessThanOrEqualTo(0);
            if (i + 1 < blocks.size()) {
                Block next = blocks.get(i + 1);
                assertThat(compare(block.separator(), userKey(next.first()))).isNegative();
                assertThat(next.offset()).isEqualTo(block.offset() + block.length() + TableFormat.TRAILER_LENGTH);
            }
        }
    }

    private static void assertFiltered(Storage storage, FileMetadata file, List<Block> blocks) throws IOException {
        try (TableReader reader = TableReader.open(storage.open(FileNames.table(file.number())), ORDER)) {
            int keys = 0;
            int passed = 0;
            for (Block block : blocks) {
                for (Slice key : block.keys()) {
                    Slice userKey = userKey(key);
                    assertThat(reader.mayContain(userKey.buffer())).isTrue();
                    keys++;
                    byte[] absent = (new String(userKey.toByteArray(), UTF_8) + "?").getBytes(UTF_8);
                    passed += reader.mayContain(new UnsafeBuffer(absent)) ? 1 : 0;
                }
            }
            assertThat(passed / (double) keys).isLessThan(0.05);
        }
    }

    private static List<Block> blocks(Storage storage, FileMetadata file) throws IOException {
        var source = storage.open(FileNames.table(file.number()));
        Footer footer = Footer.read(source);
        try (TableBlocks blocks = new TableBlocks(new BlockFile(source, footer), TableCaching.NONE)) {
            TableProperties properties =
                    MetaBlocks.readProperties(blocks, MetaBlocks.readHandles(blocks, footer.metaindex()));
            List<Block> found = new ArrayList<>();
            try (TableIndex index = new TableIndex(
                    blocks, Objects.requireNonNull(footer.index()), properties, ORDER, TableCaching.NONE)) {
                IndexIterator places = new IndexIterator();
                places.begin(index, BlockReads.DEFAULT);
                for (places.seekToFirst(); places.isValid(); places.next()) {
                    found.add(new Block(
                            places.targetOffset(),
                            places.targetLength(),
                            places.userKey(),
                            keys(blocks, places.targetOffset(), places.targetLength())));
                }
                places.end();
            }
            assertThat(properties.number(PropertyNames.NUM_DATA_BLOCKS)).isEqualTo(found.size());
            return found;
        }
    }

    private static List<Slice> keys(TableBlocks blocks, long offset, long length) throws IOException {
        OffHeapBlock block = blocks.get(offset, length, Role.DATA, BlockReads.DEFAULT);
        List<Slice> keys = new ArrayList<>();
        DataBlockIterator entries = new DataBlockIterator(EntryOrder.ofInternalKeys(ORDER));
        entries.reset("test", offset, block.buffer());
        for (entries.seekToFirst(); entries.isValid(); entries.next()) {
            keys.add(Slice.copyOf(entries.key()));
        }
        entries.clear();
        block.release();
        assertThat(keys).isNotEmpty();
        return keys;
    }

    private static Map<Long, FileMetadata> liveFiles(Storage storage) throws IOException {
        Map<Long, FileMetadata> files = new TreeMap<>();
        ManifestReader.readEdits(storage, ManifestReader.currentManifest(storage), (edit, end) -> {
            for (VersionEdit.DeletedFile deleted : edit.deletedFiles()) {
                files.remove(deleted.number());
            }
            for (VersionEdit.NewFile added : edit.newFiles()) {
                files.put(added.file().number(), added.file());
            }
        });
        return files;
    }

    /** Compacted files with keys at random, and flushed ones over them. */
    private void write() throws Exception {
        ColumnFamilyOptions family = ColumnFamilyOptions.builder()
                .disableAutoCompactions(true)
                .targetFileSizeBase(64 << 10)
                .compression(CompressionType.NONE)
                .tableOptions(
                        BlockBasedTableOptions.builder().filterBitsPerKey(10).build())
                .build();
        try (Store store = Store.open(
                DBOptions.builder().createIfMissing(true).build(),
                directory,
                List.of(new ColumnFamilyDescriptor("default", family)))) {
            for (int i = 0; i < KEYS; i++) {
                store.put(key(i), new byte[100 + i % 50]);
            }
            store.flush(FlushOptions.DEFAULT);
            for (int i = 0; i < KEYS; i += 2) {
                store.put(key(i), new byte[120]);
            }
            store.flush(FlushOptions.DEFAULT);
            store.compactRange(store.defaultColumnFamily());
            for (int i = 0; i < KEYS; i += 3) {
                store.put(key(i), new byte[100]);
            }
            store.flush(FlushOptions.DEFAULT);
        }
    }

    private static byte[] key(int number) {
        return ("key" + number * 7919L % KEYS).getBytes(UTF_8);
    }

    private static Slice userKey(Slice internalKey) {
        byte[] bytes = new byte[internalKey.length() - InternalKey.TRAILER_LENGTH];
        internalKey.buffer().getBytes(0, bytes);
        return Slice.wrap(bytes);
    }

    private static int compare(Slice a, Slice b) {
        return ORDER.compare(a.buffer(), b.buffer());
    }
}
