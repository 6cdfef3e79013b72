// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.WritableFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A store of ten tables and a memtable, with keys of 20 prefixes, read in every way. */
class ReadOptionsTest {
    private static final int KEYS = 4000;

    private final BlockCache cache = new BlockCache(32 << 20);
    private final MemoryStorage storage = new MemoryStorage("store");
    private Store store;

    private static byte[] key(int number) {
        return String.format("p%02d-%06d", number % 20, number).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] value(int number) {
        return ("value " + number).getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte @Nullable [] bytes) {
        return bytes == null ? "nothing" : new String(bytes, StandardCharsets.UTF_8);
    }

    private Store open() throws StoreException {
        ColumnFamilyOptions options = ColumnFamilyOptions.builder()
                .disableAutoCompactions(true)
                .prefixExtractor(PrefixExtractor.fixed(4))
                .tableOptions(BlockBasedTableOptions.builder()
                        .blockCache(cache)
                        .filterBitsPerKey(10)
                        .build())
                .build();
        return Store.open(
                DBOptions.builder().createIfMissing(true).build(),
                storage,
                List.of(new ColumnFamilyDescriptor("default", options)));
    }

    private void flipABit(String name, int at) throws Exception {
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[(int) storage.length(name)]);
        try (ReadableFile file = storage.open(name)) {
            file.read(0, bytes, 0, bytes.capacity());
        }
        bytes.putByte(at, (byte) (bytes.getByte(at) ^ 1));
        storage.delete(name);
        try (WritableFile file = storage.create(name)) {
            file.append(bytes, 0, bytes.capacity());
            file.sync();
        }
    }

    @BeforeEach
    void fill() throws StoreException {
        store = open();
        for (int i = 0; i < KEYS; i++) {
            store.put(key(i), value(i));
            if (i % 390 == 389) {
                store.flush(FlushOptions.DEFAULT);
            }
        }
        for (int i = 0; i < KEYS; i += 7) {
            store.delete(key(i));
        }
    }

    @AfterEach
    void close() throws StoreException {
        store.close();
        cache.close();
    }

    private List<String> keys(ReadOptions options, byte[] from) throws StoreException {
        List<String> keys = new ArrayList<>();
        try (StoreIterator iterator = store.newIterator(store.defaultColumnFamily(), options)) {
            for (iterator.seek(from); iterator.isValid(); iterator.next()) {
                keys.add(text(iterator.key()));
            }
        }
        return keys;
    }

    @Test
    void shouldGetManyKeysAsManyGetsWould() throws StoreException {
        Random random = new Random(5);
        List<byte[]> wanted = new ArrayList<>();
        for (int i = 0; i < 700; i++) {
            wanted.add(
                    random.nextInt(10) == 0
                            ? ("absent" + i).getBytes(StandardCharsets.UTF_8)
                            : key(random.nextInt(KEYS)));
        }
        wanted.add(wanted.get(0));
        List<byte @Nullable []> values = store.multiGet(wanted);
        assertThat(values).hasSameSizeAs(wanted);
        for (int i = 0; i < wanted.size(); i++) {
            assertThat(text(values.get(i))).isEqualTo(text(store.get(wanted.get(i))));
        }
        assertThat(store.multiGet(List.of())).isEmpty();
    }

    @Test
    void shouldAskForABlockOnceForAllItsKeys() throws StoreException {
        List<byte[]> wanted = new ArrayList<>();
        for (int i = 1; i < KEYS; i++) {
            wanted.add(key(i));
        }
        store.multiGet(wanted);
        long before = cache.dataHits() + cache.dataMisses();
        store.multiGet(wanted);
        long asked = cache.dataHits() + cache.dataMisses() - before;
        assertThat(asked).isLessThan(KEYS / 10);
    }

    @Test
    void shouldGetManyKeysAsOfASnapshot() throws StoreException {
        try (Snapshot snapshot = store.snapshot()) {
            store.put(key(1), value(77));
            ReadOptions then = ReadOptions.builder().snapshot(snapshot).build();
            assertThat(text(store.multiGet(store.defaultColumnFamily(), then, List.of(key(1)))
                            .get(0)))
                    .isEqualTo("value 1");
            assertThat(text(store.multiGet(List.of(key(1))).get(0))).isEqualTo("value 77");
        }
    }

    @Test
    void shouldLeaveTheCacheToOthersWhereTold() throws StoreException {
        ReadOptions quiet = ReadOptions.builder().fillCache(false).build();
        long before = cache.usage();
        assertThat(keys(quiet, key(0))).hasSizeGreaterThan(3000);
        assertThat(text(store.get(store.defaultColumnFamily(), quiet, key(1)))).isEqualTo("value 1");
        assertThat(cache.usage()).isEqualTo(before);
        assertThat(keys(ReadOptions.DEFAULT, key(0))).hasSizeGreaterThan(3000);
        assertThat(cache.usage()).isGreaterThan(before);
    }

    @Test
    void shouldNotAskFilesWhereOnlyTheCacheMayBeAsked() throws StoreException {
        ReadOptions memory =
                ReadOptions.builder().readTier(ReadOptions.ReadTier.BLOCK_CACHE).build();
        ColumnFamilyHandle family = store.defaultColumnFamily();
        assertThat(store.get(family, memory, key(7)))
                .as("deleted in the memtable")
                .isNull();
        assertThatThrownBy(() -> store.get(family, memory, key(1)))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.INCOMPLETE));
        keys(ReadOptions.DEFAULT, key(0));
        assertThat(text(store.get(family, memory, key(1)))).isEqualTo("value 1");
        ByteBuffer value = ByteBuffer.allocate(20);
        assertThat(store.get(family, memory, ByteBuffer.wrap(key(1)), value)).isEqualTo(7);
    }

    @Test
    void shouldReadBlocksUncheckedWhereTold() throws Exception {
        store.flush(FlushOptions.DEFAULT);
        store.close();
        String table = storage.list("").stream()
                .filter(name -> name.endsWith(".sst"))
                .sorted()
                .findFirst()
                .orElseThrow();
        flipABit(table, 30);
        store = open();
        ReadOptions trusting =
                ReadOptions.builder().verifyChecksums(false).fillCache(false).build();
        assertThatThrownBy(() -> keys(ReadOptions.DEFAULT, key(0)))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("sst.block.checksum"));
        try {
            keys(trusting, key(0));
        } catch (StoreException e) {
            assertThat(e.code()).isNotEqualTo("sst.block.checksum");
        }
    }

    @Test
    void shouldShowOnlyTheKeysOfThePrefixThatWasSought() throws StoreException {
        ReadOptions samePrefix = ReadOptions.builder().prefixSameAsStart(true).build();
        ReadOptions unfiltered = ReadOptions.builder()
                .prefixSameAsStart(true)
                .totalOrderSeek(true)
                .build();
        List<String> all = keys(ReadOptions.DEFAULT, key(0));
        for (int prefix = 0; prefix < 20; prefix++) {
            String start = String.format("p%02d-", prefix);
            byte[] from = (start + "000500").getBytes(StandardCharsets.UTF_8);
            List<String> expected = all.stream()
                    .filter(key -> key.startsWith(start) && key.compareTo(start + "000500") >= 0)
                    .toList();
            assertThat(expected).isNotEmpty();
            assertThat(keys(samePrefix, from)).isEqualTo(expected);
            assertThat(keys(unfiltered, from)).isEqualTo(expected);
        }
        assertThat(keys(samePrefix, "p99-".getBytes(StandardCharsets.UTF_8))).isEmpty();
        // A key without prefix asks for all.
        assertThat(keys(samePrefix, "p".getBytes(StandardCharsets.UTF_8))).isEqualTo(all);
    }

    @Test
    void shouldEndAtThePrefixBothWays() throws StoreException {
        ReadOptions samePrefix = ReadOptions.builder().prefixSameAsStart(true).build();
        List<String> all = keys(ReadOptions.DEFAULT, key(0));
        try (StoreIterator iterator = store.newIterator(store.defaultColumnFamily(), samePrefix)) {
            List<String> expected =
                    all.stream().filter(key -> key.startsWith("p05-")).toList();
            List<String> backward = new ArrayList<>();
            for (iterator.seekForPrev("p05-999999".getBytes(StandardCharsets.UTF_8));
                    iterator.isValid();
                    iterator.prev()) {
                backward.add(0, text(iterator.key()));
            }
            assertThat(backward).isEqualTo(expected);
            iterator.seekToFirst();
            assertThat(text(iterator.key())).isEqualTo(all.get(0));
            int count = 0;
            for (; iterator.isValid(); iterator.next()) {
                count++;
            }
            assertThat((long) count)
                    .isEqualTo(
                            all.stream().filter(key -> key.startsWith("p00-")).count());
            iterator.seek("p05-".getBytes(StandardCharsets.UTF_8));
            iterator.next();
            iterator.prev();
            assertThat(text(iterator.key())).isEqualTo(expected.get(0));
        }
    }

    @Test
    void shouldShowTheFirstKeyBehindABoundOfAnotherPrefix() throws StoreException {
        ReadOptions bounded = ReadOptions.builder()
                .prefixSameAsStart(true)
                .iterateLowerBound("p04-999999".getBytes(StandardCharsets.UTF_8))
                .build();
        store.flush(FlushOptions.DEFAULT);
        try (StoreIterator iterator = store.newIterator(store.defaultColumnFamily(), bounded)) {
            iterator.seekToFirst();
            assertThat(text(iterator.key())).startsWith("p05-");
        }
        ReadOptions absent = ReadOptions.builder()
                .prefixSameAsStart(true)
                .iterateLowerBound("p05a".getBytes(StandardCharsets.UTF_8))
                .build();
        try (StoreIterator iterator = store.newIterator(store.defaultColumnFamily(), absent)) {
            iterator.seekToFirst();
            assertThat(text(iterator.key())).startsWith("p06-");
        }
    }
}
