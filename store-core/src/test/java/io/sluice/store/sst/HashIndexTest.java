// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.cache.OffHeapBlock;
import io.sluice.store.cache.OffHeapCache.Role;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.DataBlockIndexType;
import org.rocksdb.EnvOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.SstFileWriter;

/** Gets go by the hash index of a data block where RocksDB has written one. */
class HashIndexTest {
    private static final int KEYS = 2000;
    private static final EntryOrder ORDER = EntryOrder.ofInternalKeys(BytewiseComparator.INSTANCE);

    @TempDir
    Path directory;

    @BeforeAll
    static void loadLibrary() {
        RocksDB.loadLibrary();
    }

    @Test
    void shouldFindEachKeyWhereTheBinarySearchDoes() throws Exception {
        DataBlockIterator block = new DataBlockIterator(ORDER);
        int seen = 0;
        for (byte[] bytes : blocks()) {
            block.reset("test", 0, new UnsafeBuffer(bytes));
            assertThat(block.hasHashIndex()).isTrue();
            for (byte[] key : keys(block)) {
                block.seek(Entry.seekKey(key, 0));
                Slice expected = Slice.copyOf(block.key());
                seekByHash(block, key);
                assertThat(block.isValid()).isTrue();
                assertThat(Slice.copyOf(block.key())).isEqualTo(expected);
                assertThat(userKey(block)).isEqualTo(key);
                seen++;
            }
        }
        assertThat(seen).isEqualTo(KEYS);
    }

    @Test
    void shouldFindNoOtherKeyAndMostOftenWithoutASearch() throws Exception {
        DataBlockIterator block = new DataBlockIterator(ORDER);
        int nowhere = 0;
        int asked = 0;
        for (byte[] bytes : blocks()) {
            block.reset("test", 0, new UnsafeBuffer(bytes));
            for (byte[] key : keys(block)) {
                byte[] absent = (new String(key, UTF_8) + "!").getBytes(UTF_8);
                seekByHash(block, absent);
                if (block.isValid()) {
                    assertThat(userKey(block)).isNotEqualTo(absent);
                } else {
                    nowhere++;
                }
                asked++;
            }
        }
        assertThat(nowhere).isGreaterThan(asked / 4);
    }

    @Test
    void shouldAskNothingButTheIndex() throws Exception {
        byte[] bytes = blocks().get(0);
        DataBlockIterator block = new DataBlockIterator(ORDER);
        block.reset("test", 0, new UnsafeBuffer(bytes));
        byte[] key = keys(block).get(3);
        fillBuckets(bytes, 255);
        seekByHash(block, key);
        assertThat(block.isValid()).as("no bucket has a key").isFalse();
        fillBuckets(bytes, 254);
        seekByHash(block, key);
        assertThat(userKey(block)).as("all buckets are shared").isEqualTo(key);
    }

    @Test
    void shouldRefuseABucketOfNoRestartPoint() throws Exception {
        byte[] bytes = blocks().get(0);
        DataBlockIterator block = new DataBlockIterator(ORDER);
        block.reset("test", 0, new UnsafeBuffer(bytes));
        byte[] key = keys(block).get(3);
        fillBuckets(bytes, 253);
        assertThatThrownBy(() -> seekByHash(block, key))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("sst.block.entry")
                .hasMessageContaining("found 253");
    }

    private static void seekByHash(DataBlockIterator block, byte[] key) throws StoreException {
        block.seekByHash(Entry.seekKey(key, 0), Hash32.of(key, 0, key.length, Hash32.SLICE_SEED));
    }

    private static void fillBuckets(byte[] bytes, int value) {
        int end = bytes.length - 6;
        int buckets = new UnsafeBuffer(bytes).getShort(end, ByteOrder.LITTLE_ENDIAN) & 0xffff;
        java.util.Arrays.fill(bytes, end - buckets, end, (byte) value);
    }

    private static List<byte[]> keys(DataBlockIterator block) throws StoreException {
        List<byte[]> keys = new ArrayList<>();
        for (block.seekToFirst(); block.isValid(); block.next()) {
            keys.add(userKey(block));
        }
        return keys;
    }

    private static byte[] userKey(DataBlockIterator block) {
        DirectBuffer key = block.key();
        byte[] userKey = new byte[InternalKey.userKeyLength(key)];
        key.getBytes(0, userKey);
        return userKey;
    }

    /** The contents of each data block of a table that RocksDB writes. */
    private List<byte[]> blocks() throws Exception {
        Path file = directory.resolve("hashed.sst");
        BlockBasedTableConfig table = new BlockBasedTableConfig()
                .setDataBlockIndexType(DataBlockIndexType.kDataBlockBinaryAndHash)
                .setDataBlockHashTableUtilRatio(0.75);
        try (Options options = new Options().setTableFormatConfig(table);
                EnvOptions environment = new EnvOptions();
                SstFileWriter writer = new SstFileWriter(environment, options)) {
            writer.open(file.toString());
            for (int i = 0; i < KEYS; i++) {
                writer.put("key%05d".formatted(i).getBytes(UTF_8), ("value" + i).getBytes(UTF_8));
            }
            writer.finish();
        }
        return read(Files.readAllBytes(file));
    }

    private static List<byte[]> read(byte[] file) throws IOException {
        var source = ArrayFile.readable(file);
        Footer footer = Footer.read(source);
        List<byte[]> found = new ArrayList<>();
        try (TableBlocks blocks = new TableBlocks(new BlockFile(source, footer), TableCaching.NONE)) {
            var handles = MetaBlocks.readHandles(blocks, footer.metaindex());
            TableProperties properties = MetaBlocks.readProperties(blocks, handles);
            BlockHandle root = footer.index() != null ? footer.index() : handles.get(TableFormat.INDEX_BLOCK);
            try (TableIndex index = new TableIndex(
                    blocks, Objects.requireNonNull(root), properties, BytewiseComparator.INSTANCE, TableCaching.NONE)) {
                IndexIterator places = new IndexIterator();
                places.begin(index, BlockReads.DEFAULT);
                for (places.seekToFirst(); places.isValid(); places.next()) {
                    OffHeapBlock block =
                            blocks.get(places.targetOffset(), places.targetLength(), Role.DATA, BlockReads.DEFAULT);
                    byte[] bytes = new byte[block.buffer().capacity()];
                    block.buffer().getBytes(0, bytes);
                    block.release();
                    found.add(bytes);
                }
                places.end();
            }
        }
        assertThat(found).hasSizeGreaterThan(5);
        return found;
    }
}
