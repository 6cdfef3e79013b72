// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import static io.sluice.store.memtable.MemtableFixture.CHUNK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.memory.SlabMemoryPool;
import io.sluice.store.memtable.MemtableFixture.Entry;
import io.sluice.store.memtable.SealedFixture.Shipped;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SealedMemtableTest {
    private final SlabMemoryPool pool = MemtableFixture.pool();

    @AfterEach
    void everyBlockIsBack() {
        assertThat(pool.inUse()).isZero();
        pool.close();
    }

    private static void assertCorrupt(Shipped shipped, String code) {
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> MemtableFixture.drain(shipped.open().iterator()))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.CORRUPTION))
                .satisfies(e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void shouldReadElsewhereWhatWasSealed() throws Exception {
        for (KeyComparator comparator : List.of(BytewiseComparator.INSTANCE, MemtableFixture.BACKWARDS)) {
            Memtable memtable = new Memtable(3, comparator, pool, MemtableFixture.CLOCK, 1);
            for (int i = 1; i <= 3000; i++) {
                MemtableFixture.put(memtable, "key" + (i * 7919) % 1000, i, "value" + i);
            }
            MemtableFixture.put(memtable, "", 3001, "");
            MemtableFixture.put(memtable, "large", 3002, "x".repeat(3 * CHUNK));
            List<Entry> expected = MemtableFixture.entries(memtable);
            SealedMemtable sealed = memtable.seal();
            assertThat(sealed.id()).isEqualTo(3);
            assertThat(sealed.creationTime()).isEqualTo(1_700_000_000);
            assertThat(sealed.layout()).isSameAs(sealed.layout());
            assertThat(sealed.layout().totalLength()).isLessThanOrEqualTo(memtable.memoryHeld());
            Shipped shipped = Shipped.copyOf(sealed, comparator);
            memtable.release();
            assertThat(MemtableFixture.drain(shipped.open().iterator())).isEqualTo(expected);
        }
    }

    @Test
    void shouldShipNoBlocksOfAnEmptyMemtable() throws Exception {
        Memtable memtable = MemtableFixture.memtable(pool);
        Shipped shipped = Shipped.copyOf(memtable.seal(), BytewiseComparator.INSTANCE);
        assertThat(shipped.layout().blockLengths()).isEmpty();
        assertThat(MemtableFixture.drain(shipped.open().iterator())).isEmpty();
        memtable.release();
    }

    @Test
    void shouldSeekForwardOnly() throws Exception {
        InternalIterator iterator = SealedFixture.small(pool).open().iterator();
        assertThatIllegalStateException().isThrownBy(iterator::next);
        iterator.seek(new UnsafeBuffer(
                new Entry(Slice.utf8("key13"), 1000, ValueType.FOR_SEEK, Slice.utf8("")).internalKey()));
        assertThat(MemtableFixture.entry(iterator).key()).isEqualTo(Slice.utf8("key13"));
        iterator.seek(
                new UnsafeBuffer(new Entry(Slice.utf8("zzz"), 1000, ValueType.FOR_SEEK, Slice.utf8("")).internalKey()));
        assertThat(iterator.isValid()).isFalse();
        assertThatThrownBy(iterator::seekToLast).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(iterator::prev).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void shouldDetectHalfShippedBlocks() throws Exception {
        Shipped shipped = SealedFixture.small(pool);
        UnsafeBuffer block = shipped.blocks().get(0);
        assertCorrupt(
                shipped.withBlocks(List.of(new UnsafeBuffer(block, 0, block.capacity() - 8))),
                "memtable.sealed.truncated");
        assertCorrupt(shipped.withBlocks(List.of()), "memtable.sealed.blocks");
        block.setMemory(block.capacity() / 2, block.capacity() / 2, (byte) 0);
        assertCorrupt(shipped, "memtable.sealed.checksum");
    }

    @Test
    @Tag("A37")
    void shouldRefuseAnotherVersionAndEveryDamagedHeader() throws Exception {
        Shipped shipped = SealedFixture.small(pool);
        SealedLayout known = shipped.layout();
        assertThat(decode(SealedLayoutCodec.encode(known))).isEqualTo(known);
        for (int version : new int[] {0, 1, 3, -1}) {
            SealedLayout other = new SealedLayout(
                    version,
                    known.chunkLength(),
                    known.blockLengths(),
                    known.blockChecksums(),
                    known.entries(),
                    known.rangeDeletions(),
                    known.smallestSequence(),
                    known.largestSequence());
            assertOtherVersion(() -> decode(SealedLayoutCodec.encode(other)));
            assertOtherVersion(() -> new Shipped(other, shipped.blocks(), shipped.comparator()).open());
        }
        byte[] good = SealedLayoutCodec.encode(known);
        for (int bit = 0; bit < 8 * good.length; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> decode(bad)).as("bit %s", bit).isInstanceOf(StoreException.class);
        }
        for (int length = 0; length < good.length; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            assertThatThrownBy(() -> decode(cut)).as("length %s", length).isInstanceOf(StoreException.class);
        }
    }

    private static SealedLayout decode(byte[] bytes) throws StoreException {
        return SealedLayoutCodec.decode(new UnsafeBuffer(bytes), 0, bytes.length);
    }

    private static void assertOtherVersion(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StoreException.class, e -> {
            assertThat(e.kind()).isEqualTo(StoreException.Kind.NOT_SUPPORTED);
            assertThat(e.code()).isEqualTo("memtable.layout.version");
        });
    }

    @Test
    void shouldEndACycleInANamedError() throws Exception {
        Shipped shipped = SealedFixture.small(pool);
        UnsafeBuffer block = shipped.blocks().get(0);
        List<Integer> nodes = shipped.references();
        int middle = nodes.get(20) * 8 - 4;
        block.putInt(middle, nodes.get(5), ByteOrder.LITTLE_ENDIAN);
        assertCorrupt(shipped.withChecksums(), "memtable.sealed.order");
        block.putInt(middle, nodes.get(20), ByteOrder.LITTLE_ENDIAN);
        assertCorrupt(shipped.withChecksums(), "memtable.sealed.order");
        block.putInt(middle, 0, ByteOrder.LITTLE_ENDIAN);
        assertCorrupt(shipped.withChecksums(), "memtable.sealed.entry_count");
        block.putInt(middle, nodes.get(22), ByteOrder.LITTLE_ENDIAN); // one is left out
        assertCorrupt(shipped.withChecksums(), "memtable.sealed.entry_count");
    }

    @Test
    void shouldNameTheCheckThatAnEntryFails() throws Exception {
        record Change(int at, int value, String code) {}
        List<Change> changes = List.of(
                new Change(-4, -8, "memtable.sealed.reference"),
                new Change(-4, 1 << 30, "memtable.sealed.reference"),
                new Change(-4, CHUNK / 8 - 1, "memtable.sealed.reference"),
                new Change(0, 0x12345678, "memtable.sealed.prefix"),
                new Change(8, -1, "memtable.sealed.length"),
                new Change(8, Integer.MAX_VALUE, "memtable.sealed.length"),
                new Change(12, -1, "memtable.sealed.length"),
                new Change(12, Integer.MAX_VALUE, "memtable.sealed.length"),
                new Change(12, CHUNK, "memtable.sealed.length"),
                new Change(12, 0, "memtable.sealed.data_length"),
                new Change(16 + 5, 0x01010100 | ValueType.FOR_SEEK, "memtable.sealed.type"),
                new Change(16 + 5, 0x01010100 | ValueType.VALUE, "memtable.sealed.sequence"));
        for (Change change : changes) {
            Shipped shipped = SealedFixture.small(pool);
            int node = shipped.references().get(20) * 8;
            shipped.blocks().get(0).putInt(node + change.at, change.value, ByteOrder.LITTLE_ENDIAN);
            assertCorrupt(shipped.withChecksums(), change.code);
        }
    }

    @Test
    void shouldRefuseASecondEntryOfOneKeyAndSequenceNumberWhateverItsType() throws Exception {
        for (byte type : new byte[] {ValueType.DELETION, ValueType.VALUE, ValueType.MERGE}) {
            Shipped shipped = SealedFixture.small(pool);
            UnsafeBuffer block = shipped.blocks().get(0);
            int first = shipped.references().get(20) * 8;
            int second = shipped.references().get(21) * 8;
            block.putBytes(second, block, first, 8); // the prefix
            block.putBytes(second + 16, block, first + 16, 5 + 8); // key and trailer
            block.putByte(second + 16 + 5, type);
            assertCorrupt(shipped.withChecksums(), "memtable.sealed.order");
            // With a number below it is an older version of the key, as memtables have them.
            block.putByte(second + 16 + 5 + 1, (byte) (block.getByte(first + 16 + 5 + 1) - 1));
            assertThat(MemtableFixture.drain(shipped.withChecksums().open().iterator()))
                    .hasSize(90);
        }
    }

    @Test
    void shouldRefuseAnEntryInTheListOfRangeDeletionsAndTheReverse() throws Exception {
        Memtable memtable = MemtableFixture.memtable(pool);
        MemtableFixture.put(memtable, "a", 1, "b");
        MemtableFixture.add(memtable, new Entry(Slice.utf8("c"), 2, ValueType.RANGE_DELETION, Slice.utf8("d")));
        Shipped shipped = Shipped.copyOf(memtable.seal(), BytewiseComparator.INSTANCE);
        memtable.release();
        SealedLayout layout = shipped.layout();
        SealedLayout swapped = new SealedLayout(
                layout.version(),
                layout.chunkLength(),
                layout.blockLengths(),
                layout.blockChecksums(),
                layout.rangeDeletions(),
                layout.entries(),
                layout.smallestSequence(),
                layout.largestSequence());
        Shipped lie = new Shipped(swapped, shipped.blocks(), shipped.comparator());
        assertCorrupt(lie, "memtable.sealed.type");
        assertThatThrownBy(() -> MemtableFixture.drain(lie.open().rangeDeletions()))
                .hasMessageContaining("memtable.sealed.type");
    }

    @Test
    void shouldRefuseAReferenceIntoTheMiddleOfARun() throws Exception {
        Memtable memtable = MemtableFixture.memtable(pool);
        MemtableFixture.put(memtable, "a", 1, "x".repeat(3 * CHUNK));
        Shipped shipped = Shipped.copyOf(memtable.seal(), BytewiseComparator.INSTANCE);
        memtable.release();
        assertThat(MemtableFixture.drain(shipped.open().iterator())).hasSize(1);
        UnsafeBuffer block = shipped.blocks().get(0);
        int node = shipped.layout().entries().head() * 8;
        block.putInt(node - 4, CHUNK / 8 + 1, ByteOrder.LITTLE_ENDIAN);
        SealedLayout layout = shipped.withChecksums().layout();
        SealedLayout two = new SealedLayout(
                layout.version(),
                layout.chunkLength(),
                layout.blockLengths(),
                layout.blockChecksums(),
                new SealedLayout.EntryList(
                        layout.entries().head(), 2, layout.entries().dataLength()),
                layout.rangeDeletions(),
                layout.smallestSequence(),
                layout.largestSequence());
        assertCorrupt(new Shipped(two, shipped.blocks(), shipped.comparator()), "memtable.sealed.reference");
    }

    /** Rewritten with {@code -Dsluice.golden.write=true}, after a change of the format and its version. */
    @Test
    void shouldReadAndWriteTheBytesOfTheGoldenFile() throws Exception {
        Memtable memtable = MemtableFixture.memtable(pool);
        for (int i = 1; i <= 40; i++) {
            MemtableFixture.put(memtable, "user" + (i * 13) % 40, i, "v".repeat(i));
        }
        MemtableFixture.add(memtable, new Entry(Slice.utf8("user7"), 41, ValueType.DELETION, Slice.utf8("")));
        MemtableFixture.add(memtable, new Entry(Slice.utf8("user8"), 42, ValueType.SINGLE_DELETION, Slice.utf8("")));
        MemtableFixture.add(memtable, new Entry(Slice.utf8("user9"), 43, ValueType.MERGE, Slice.utf8("+1")));
        MemtableFixture.put(memtable, "", 44, "");
        MemtableFixture.add(
                memtable, new Entry(Slice.utf8("user1"), 45, ValueType.RANGE_DELETION, Slice.utf8("user3")));
        MemtableFixture.add(
                memtable, new Entry(Slice.utf8("user2"), 46, ValueType.RANGE_DELETION, Slice.utf8("user22")));
        List<Entry> expected = MemtableFixture.entries(memtable);
        Shipped shipped = Shipped.copyOf(memtable.seal(), BytewiseComparator.INSTANCE);
        memtable.release();
        byte[] header = SealedLayoutCodec.encode(shipped.layout());
        UnsafeBuffer block = shipped.blocks().get(0);
        byte[] bytes = new byte[header.length + block.capacity()];
        System.arraycopy(header, 0, bytes, 0, header.length);
        block.getBytes(0, bytes, header.length, block.capacity());

        if (Boolean.getBoolean("sluice.golden.write")) {
            Path file = Path.of("src/test/resources/golden/memtable-v2.bin");
            Files.createDirectories(file.getParent());
            Files.write(file, bytes);
        }
        byte[] golden = readGolden();
        assertThat(bytes).isEqualTo(golden);
        UnsafeBuffer source = new UnsafeBuffer(golden);
        SealedLayout layout = SealedLayoutCodec.decode(source, 0, header.length);
        UnsafeBuffer data = new UnsafeBuffer(golden, header.length, golden.length - header.length);
        SealedMemtableReader reader = SealedMemtableReader.open(layout, List.of(data), BytewiseComparator.INSTANCE);
        assertThat(MemtableFixture.drain(reader.iterator())).isEqualTo(expected).hasSize(44);
        assertThat(MemtableFixture.drain(reader.rangeDeletions()))
                .containsExactly(
                        new Entry(Slice.utf8("user1"), 45, ValueType.RANGE_DELETION, Slice.utf8("user3")),
                        new Entry(Slice.utf8("user2"), 46, ValueType.RANGE_DELETION, Slice.utf8("user22")));
    }

    private static byte[] readGolden() throws IOException {
        try (var stream = SealedMemtableTest.class.getResourceAsStream("/golden/memtable-v2.bin")) {
            assertThat(stream).as("the golden file").isNotNull();
            return stream.readAllBytes();
        }
    }

    @Test
    void shouldPadWithZeros() throws Exception {
        Memtable memtable = MemtableFixture.memtable(pool);
        MemtableFixture.put(memtable, "abc", 1, "x");
        SealedMemtable sealed = memtable.seal();
        int used = sealed.layout().blockLengths().get(0);
        List<Byte> rest = new ArrayList<>();
        UnsafeBuffer block = sealed.blocks().get(0).buffer();
        for (int i = sealed.layout().entries().head() * 8 + 16 + 3 + 8 + 1; i < used; i++) {
            rest.add(block.getByte(i));
        }
        assertThat(rest).hasSize(4).containsOnly((byte) 0);
        memtable.release();
    }
}
