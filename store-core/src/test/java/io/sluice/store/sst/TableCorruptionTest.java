// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.github.luben.zstd.Zstd;
import io.sluice.store.base.ByteWriter;
import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.Crc32c;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.iterator.InternalIterator;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the bytes are: the right data or a named error, never a crash, a hang or wrong data. */
class TableCorruptionTest {
    private static final TableOptions OPTIONS =
            TableOptions.DEFAULT.withBlockSize(200).withFilterBitsPerKey(10);

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void shouldReadRightDataOrNameTheErrorForEveryFlippedBit(CompressionType compression) throws IOException {
        List<Entry> entries = Entry.random(new Random(1), 40, 60);
        byte[] table = Entry.table(entries, OPTIONS.withCompression(compression, TableOptions.DEFAULT_LEVEL));
        Random random = new Random(2);
        int refused = 0;
        for (int i = 0; i < table.length; i++) {
            for (int bit = 0; bit <= 8; bit++) {
                byte[] flipped = table.clone();
                flipped[i] ^= (byte) (bit < 8 ? 1 << bit : 1 + random.nextInt(255));
                refused += isRefused(flipped, entries, "byte " + i + " bit " + bit) ? 1 : 0;
            }
        }
        // What is not refused stands in the footer: the padding, the checksum's type turned to none, version 4.
        assertThat(refused).isGreaterThan(9 * (table.length - TableFormat.FOOTER_LENGTH));
    }

    private static boolean isRefused(byte[] table, List<Entry> entries, String what) throws IOException {
        try (TableReader reader = TableReader.open(ArrayFile.readable(table), BytewiseComparator.INSTANCE)) {
            reader.verifyChecksums();
            assertThat(Entry.readAll(reader)).as(what).isEqualTo(entries);
            return false;
        } catch (StoreException e) {
            assertThat(e.kind()).as(what).isIn(Kind.CORRUPTION, Kind.NOT_SUPPORTED);
            assertThat(e.getMessage()).as(what).contains("000007.sst").contains(e.code());
            return true;
        }
    }

    @Test
    void shouldRefuseEveryTruncation() throws IOException {
        byte[] table = Entry.table(Entry.random(new Random(1), 40, 60), OPTIONS);
        for (int length = 0; length < table.length; length++) {
            byte[] cut = Arrays.copyOf(table, length);
            assertThat(isRefused(cut, List.of(), "length " + length)).isTrue();
        }
    }

    /** Blocks of noise behind a right checksum: what the checksum cannot catch, the bounds must. */
    @Test
    void shouldNeverRunAwayInABlockOfNoise() throws IOException {
        int refused = 0;
        for (long seed = 0; seed < 20_000; seed++) {
            Random random = new Random(seed);
            byte[] block = validBlock(random);
            for (int n = 1 + random.nextInt(4); n > 0; n--) {
                block[random.nextInt(block.length)] = (byte) (random.nextBoolean() ? random.nextInt(256) : 0xff);
            }
            try {
                walk(new UnsafeBuffer(block), random);
            } catch (StoreException e) {
                assertThat(e.code()).as("seed %d", seed).isEqualTo("sst.block.entry");
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(5000);
    }

    private static byte[] validBlock(Random random) {
        BlockBuilder builder = new BlockBuilder(1 + random.nextInt(4), 256);
        byte[] last = new byte[0];
        for (int i = 0; i < 1 + random.nextInt(12); i++) {
            byte[] key = String.format("key%04d--------", i).getBytes(StandardCharsets.UTF_8);
            int mismatch = Arrays.mismatch(last, key);
            builder.add(key, key.length, mismatch, new UnsafeBuffer(new byte[random.nextInt(9)]));
            last = key;
        }
        builder.finish();
        return Arrays.copyOf(builder.bytes(), builder.length());
    }

    private static void walk(DirectBuffer block, Random random) throws StoreException {
        DataBlockIterator iterator = new DataBlockIterator(EntryOrder.ofInternalKeys(BytewiseComparator.INSTANCE));
        iterator.reset("block", 0, block);
        int steps = 0;
        for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
            assertThat(iterator.key().capacity()).isGreaterThanOrEqualTo(8);
            assertThat(iterator.value().capacity()).isLessThan(block.capacity());
            steps++;
        }
        for (iterator.seekToLast(); iterator.isValid(); iterator.prev()) {
            steps++;
        }
        iterator.seek(Entry.seekKey(new byte[] {(byte) random.nextInt(256)}, 1));
        iterator.seekForPrev(Entry.seekKey("key0005".getBytes(StandardCharsets.UTF_8), 1));
        assertThat(steps).isLessThan(2 * block.capacity());
    }

    @Test
    void shouldRefuseBlocksWhoseRestartPointsAreNone() {
        for (byte[] block : new byte[][] {
            {},
            {0, 0, 0},
            {0, 0, 0, 0},
            {1, 0, 0, 0},
            {5, 0, 0, 0, 1, 0, 0, 0},
            {0, 0, 0, 0, -1, -1, -1, 0x7f},
            {0, 0, 0, 0, 1, 0, 0, (byte) 0x80},
            {0, 0, 0, 0, -1, -1, 1, 0, 0, (byte) 0x80}
        }) {
            assertThatThrownBy(() -> walk(new UnsafeBuffer(block), new Random(1)))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.code()).isEqualTo("sst.block.entry"));
        }
    }

    /** A claim of nearly 4 GiB, of more than the algorithm can make, and of what does not come out. */
    @ParameterizedTest
    @EnumSource(value = CompressionType.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void shouldRefuseDecompressionBombs(CompressionType type) throws IOException {
        byte[] content = new byte[4096];
        new Random(1).nextBytes(content);
        Arrays.fill(content, 0, 3000, (byte) 'a');
        byte[] payload = payload(type, content);
        for (long claim : new long[] {0xffffffffL, 0x7fffffffL, 4L << 20, 4097, 4095, 0}) {
            byte[] block = new ByteWriter().putVarint64(claim).putBytes(payload).toByteArray();
            assertThatThrownBy(() -> decompress(type.id(), block))
                    .as("%d", claim)
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.code()).isEqualTo("sst.block.compressed"));
        }
        byte[] right = new ByteWriter().putVarint64(4096).putBytes(payload).toByteArray();
        assertThat(decompress(type.id(), right)).isEqualTo(content);
        for (int i = 0; i < 2000; i++) {
            Random random = new Random(i);
            byte[] noisy = right.clone();
            noisy[random.nextInt(noisy.length)] ^= (byte) (1 + random.nextInt(255));
            try {
                // Without a checksum of its own, an algorithm may give other bytes, but never more or fewer than
                // claimed.
                decompress(type.id(), noisy);
            } catch (StoreException e) {
                assertThat(e.kind()).isEqualTo(Kind.CORRUPTION);
            }
        }
    }

    private static byte[] decompress(byte type, byte[] block) throws IOException {
        LoadScratch scratch = LoadScratch.take();
        try {
            System.arraycopy(block, 0, LoadScratch.ensure(scratch.stored, block.length), 0, block.length);
            BlockPlace place = scratch.place.set("file", 0);
            int length = Decompressor.decompress(scratch, block.length, type, null, place);
            return Arrays.copyOf(scratch.output.byteArray(), length);
        } finally {
            scratch.give();
        }
    }

    private static byte[] payload(CompressionType type, byte[] content) throws IOException {
        try (Compressor compressor = new Compressor(type, TableOptions.DEFAULT_LEVEL)) {
            assertThat(compressor.compress(content.clone(), content.length)).isTrue();
            return Arrays.copyOfRange(compressor.output(), 2, compressor.outputLength()); // 4096 takes two bytes
        }
    }

    @Test
    void shouldRefuseAZstdBombOfZeros() {
        byte[] bomb = Zstd.compress(new byte[300 << 20], 1);
        byte[] block = new ByteWriter().putVarint64(300 << 20).putBytes(bomb).toByteArray();
        assertThatThrownBy(() -> decompress(CompressionType.ZSTD.id(), block))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("expected at most");
    }

    @Test
    void shouldRefuseUnknownCompressionByName() {
        assertThatThrownBy(() -> decompress((byte) 6, new byte[9]))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_SUPPORTED))
                .hasMessageContaining("compression type 6");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8, -1})
    void shouldRefuseOtherFormatVersionsByName(int version) throws IOException {
        byte[] table = Entry.table(List.of(Entry.put("a", 1, "b")), OPTIONS);
        new UnsafeBuffer(table).putInt(table.length - 12, version, ByteOrder.LITTLE_ENDIAN);
        assertRefusal(table, BytewiseComparator.INSTANCE, Kind.NOT_SUPPORTED, "sst.version");
    }

    @ParameterizedTest
    @ValueSource(ints = {6, 7})
    void shouldRefuseAnOldFooterThatSaysItIsANewOne(int version) throws IOException {
        byte[] table = Entry.table(List.of(Entry.put("a", 1, "b")), OPTIONS);
        new UnsafeBuffer(table).putInt(table.length - 12, version, ByteOrder.LITTLE_ENDIAN);
        assertRefusal(table, BytewiseComparator.INSTANCE, Kind.CORRUPTION, "sst.footer.magic");
    }

    @Test
    void shouldRefuseAnotherComparator() throws IOException {
        KeyComparator other = new KeyComparator() {
            @Override
            public String name() {
                return "other";
            }

            @Override
            public int compare(DirectBuffer a, DirectBuffer b) {
                return BytewiseComparator.INSTANCE.compare(a, b);
            }

            @Override
            public int compare(DirectBuffer a, int aOffset, int aLength, DirectBuffer b, int bOffset, int bLength) {
                return BytewiseComparator.INSTANCE.compare(a, aOffset, aLength, b, bOffset, bLength);
            }
        };
        byte[] table = Entry.table(List.of(Entry.put("a", 1, "b")), OPTIONS);
        assertRefusal(table, other, Kind.INVALID_ARGUMENT, "sst.comparator");
    }

    /** Handles that point outside, at each other and beyond what an array holds. */
    @Test
    void shouldRefuseForgedHandles() throws IOException {
        byte[] table = Entry.table(List.of(Entry.put("a", 1, "b")), OPTIONS);
        Footer footer = Footer.read(ArrayFile.readable(table));
        BlockHandle index = Objects.requireNonNull(footer.index());
        long[] hostile = {-1, Long.MAX_VALUE, Long.MIN_VALUE, Integer.MAX_VALUE, table.length, table.length - 53};
        for (long value : hostile) {
            for (BlockHandle forged :
                    List.of(new BlockHandle(value, 10), new BlockHandle(0, value), new BlockHandle(value, value))) {
                assertForged(table, new Footer((byte) 1, forged, index, 5));
                assertForged(table, new Footer((byte) 1, footer.metaindex(), forged, 5));
                assertForged(table, new Footer((byte) 0, footer.metaindex(), forged, 5));
            }
        }
    }

    /** Each naming takes a few bytes: a walk would take as long as the index's maker likes. */
    @Test
    void shouldRefuseAnIndexThatNamesABlockAgain() throws IOException {
        byte[] table = Entry.table(
                List.of(Entry.put("a", 1, "b")),
                OPTIONS.withCompression(CompressionType.NONE, TableOptions.DEFAULT_LEVEL));
        Footer footer = Footer.read(ArrayFile.readable(table));
        BlockHandle data;
        try (TableReader reader = TableReader.open(ArrayFile.readable(table), BytewiseComparator.INSTANCE)) {
            data = new BlockHandle(0, reader.properties().number(PropertyNames.DATA_SIZE) - TableFormat.TRAILER_LENGTH);
        }
        ByteWriter handle = new ByteWriter();
        data.encode(handle);
        BlockBuilder index = new BlockBuilder(1, 256);
        for (String key : List.of("k", "m", "z")) {
            byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
            index.addIndexEntry(bytes, 0, handle.buffer(), handle.length(), handle.buffer(), handle.length());
        }
        index.finish();
        int end = table.length - TableFormat.FOOTER_LENGTH;
        ByteWriter forged = new ByteWriter().putBytes(new UnsafeBuffer(table), 0, end);
        forged.putBytes(new UnsafeBuffer(index.bytes()), 0, index.length())
                .putByte((byte) 0)
                .putFixed32(0);
        BlockHandle place = new BlockHandle(end, index.length());
        new Footer(TableFormat.CHECKSUM_NONE, footer.metaindex(), place, footer.version()).encode(forged);
        try (TableReader reader =
                        TableReader.open(ArrayFile.readable(forged.toByteArray()), BytewiseComparator.INSTANCE);
                InternalIterator iterator = reader.iterator()) {
            iterator.seekToFirst();
            assertThat(Entry.here(iterator)).isEqualTo(Entry.put("a", 1, "b"));
            assertThatThrownBy(iterator::next).hasMessageContaining("expected a block at or behind");
            iterator.seekToLast();
            assertThatThrownBy(iterator::prev).hasMessageContaining("expected a block that ends by");
            assertThatThrownBy(reader::verifyChecksums).hasMessageContaining("expected a block at or behind");
        }
    }

    private static void assertForged(byte[] table, Footer footer) {
        ByteWriter bytes = new ByteWriter();
        bytes.putBytes(new UnsafeBuffer(table), 0, table.length - TableFormat.FOOTER_LENGTH);
        footer.encode(bytes);
        assertRefusal(bytes.toByteArray(), BytewiseComparator.INSTANCE, Kind.CORRUPTION, "sst.block.handle");
    }

    private static void assertRefusal(byte[] table, KeyComparator comparator, Kind kind, String code) {
        assertThatThrownBy(() -> TableReader.open(ArrayFile.readable(table), comparator))
                .isInstanceOfSatisfying(StoreException.class, e -> {
                    assertThat(e.kind()).isEqualTo(kind);
                    assertThat(e.code()).isEqualTo(code);
                    assertThat(e.getMessage()).contains("000007.sst");
                });
    }

    /** An iterator whose block is corrupt says so and stands nowhere; the others go on. */
    @Test
    void shouldBeInvalidAfterAnError() throws IOException {
        byte[] table = Entry.table(
                Entry.random(new Random(1), 100, 60),
                OPTIONS.withCompression(CompressionType.NONE, TableOptions.DEFAULT_LEVEL));
        table[600] ^= 1;
        try (TableReader reader = TableReader.open(ArrayFile.readable(table), BytewiseComparator.INSTANCE);
                InternalIterator iterator = reader.iterator()) {
            iterator.seekToFirst();
            StoreException error = null;
            while (error == null) {
                try {
                    iterator.next();
                    assertThat(iterator.isValid()).isTrue();
                } catch (StoreException e) {
                    error = e;
                }
            }
            assertThat(error.code()).isEqualTo("sst.block.checksum");
            assertThat(iterator.isValid()).isFalse();
            assertThatThrownBy(iterator::key).isInstanceOf(IllegalStateException.class);
            iterator.seekToLast();
            assertThat(iterator.isValid()).isTrue();
        }
    }

    @Test
    void shouldTellMaskedChecksumsApartFromPlainOnes() throws IOException {
        byte[] table = Entry.table(List.of(Entry.put("a", 1, "b")), OPTIONS);
        UnsafeBuffer bytes = new UnsafeBuffer(table);
        BlockHandle index =
                Objects.requireNonNull(Footer.read(ArrayFile.readable(table)).index());
        int end = (int) (index.offset() + index.length());
        int stored = bytes.getInt(end + 1, ByteOrder.LITTLE_ENDIAN);
        if (Crc32c.unmask(stored) != Crc32c.of(bytes, (int) index.offset(), (int) index.length() + 1)) {
            fail("the index's trailer holds no masked CRC32C of contents and type");
        }
    }
}
