// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.sluice.store.base.Bytes;
import io.sluice.store.base.Crc32c;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogTest {
    private final MemoryStorage storage = new MemoryStorage("log");
    private int files;

    @Test
    void shouldWriteTheBytesThatRocksDbWrites() throws IOException {
        // The first four bytes are computed by hand from the polynomial 0x82f63b78 and RocksDB's mask.
        byte[] log = write(List.of("a".getBytes(StandardCharsets.US_ASCII)));
        assertThat(HexFormat.of().formatHex(log)).isEqualTo("b5cd0ba201000161");
    }

    @Test
    void shouldReadBackRecordsOfEveryLengthAroundABlock() throws IOException {
        Random random = new Random(3);
        List<byte[]> records = new ArrayList<>();
        for (int length = LogFormat.BLOCK_LENGTH - 40; length < LogFormat.BLOCK_LENGTH + 20; length++) {
            records.add(bytes(random, length));
            records.add(bytes(random, random.nextInt(3)));
        }
        records.add(bytes(random, 5 * LogFormat.BLOCK_LENGTH));
        records.add(new byte[0]);
        assertThat(read(write(records))).usingElementComparator(Arrays::compare).containsExactlyElementsOf(records);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, 2 * LogFormat.BLOCK_LENGTH})
    void shouldStopBeforeATailTornAtAnyByte(int last) throws IOException {
        List<byte[]> records = List.of(new byte[40_000], new byte[] {1, 2, 3}, bytes(new Random(1), last));
        byte[] whole = write(records);
        int intact = write(records.subList(0, 2)).length;
        for (int length = intact; length < whole.length; length += length - intact < 50 ? 1 : 997) {
            assertThat(read(Arrays.copyOf(whole, length)))
                    .as("cut at %d", length)
                    .hasSize(2);
        }
        assertThat(read(whole)).hasSize(3);
    }

    @Test
    void shouldTakeZerosAtTheEndForATornTail() throws IOException {
        byte[] whole = write(List.of(new byte[] {1}, new byte[] {2}));
        for (int zeros : new int[] {1, 6, 7, 8, 1000, LogFormat.BLOCK_LENGTH, 3 * LogFormat.BLOCK_LENGTH}) {
            assertThat(read(Arrays.copyOf(whole, whole.length + zeros))).hasSize(2);
        }
    }

    @Test
    void shouldNotTakeZerosBeforeARecordForTheEnd() throws IOException {
        byte[] whole = write(List.of(bytes(new Random(1), 32_000), bytes(new Random(2), 32_000)));
        byte[] damaged = whole.clone();
        Arrays.fill(damaged, 0, LogFormat.BLOCK_LENGTH, (byte) 0);
        assertThatThrownBy(() -> read(damaged)).hasMessageContaining("log.corrupt");
    }

    @Test
    void shouldNeverGiveARecordThatWasNotWritten() throws IOException {
        Random random = new Random(7);
        List<byte[]> records = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            records.add(bytes(random, random.nextInt(4000)));
        }
        byte[] whole = write(records);
        int refused = 0;
        for (int round = 0; round < 2000; round++) {
            byte[] damaged = whole.clone();
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            try {
                List<byte[]> found = read(damaged);
                assertThat(found.size()).as("round %d", round).isLessThanOrEqualTo(records.size());
                for (int i = 0; i < found.size(); i++) {
                    assertThat(found.get(i)).isEqualTo(records.get(i));
                }
            } catch (StoreException e) {
                assertThat(e.kind()).isIn(Kind.CORRUPTION, Kind.NOT_SUPPORTED);
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(1900);
    }

    @Test
    void shouldNameWhatItDoesNotRead() throws IOException {
        assertThatThrownBy(() -> read(fragment(LogFormat.TYPE_RECYCLABLE_FULL)))
                .hasMessageContaining("recycle_log_file_num")
                .hasMessageContaining("log.unsupported");
        assertThatThrownBy(() -> read(fragment(LogFormat.TYPE_SET_COMPRESSION)))
                .hasMessageContaining("wal_compression");
        assertThatThrownBy(() -> read(fragment(50))).hasMessageContaining("record type 50");
        assertThat(read(fragment(130))).isEmpty();
    }

    @Test
    void shouldReadCompressedLogs() throws IOException {
        Random random = new Random(11);
        List<byte[]> records = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            byte[] record = bytes(random, random.nextInt(i % 10 == 0 ? 200_000 : 300));
            if (random.nextBoolean()) {
                Arrays.fill(record, (byte) i);
            }
            records.add(record);
        }
        byte[] log = compressed(7, records);
        assertThat(read(log, 3, LogTest::refuse))
                .usingElementComparator(Arrays::compare)
                .isEqualTo(records);
        for (int length = 0; length < log.length; length += 997) {
            List<byte[]> found = read(Arrays.copyOf(log, length), 3, damage -> {
                assertThat(damage.kind()).isEqualTo(LogDamage.Kind.TORN_TAIL);
            });
            assertThat(found).usingElementComparator(Arrays::compare).isEqualTo(records.subList(0, found.size()));
        }
    }

    @Test
    void shouldRefuseCompressedLogsThatAreNone() throws IOException {
        byte[] garbage = write(List.of(LogTest.number(7), bytes(new Random(1), 50)));
        setType(garbage, LogFormat.TYPE_SET_COMPRESSION);
        assertThatThrownBy(() -> read(garbage, 3, LogTest::refuse)).hasMessageContaining("can't be decompressed");
        assertThatThrownBy(() -> read(compressed(4, List.of()), 3, LogTest::refuse))
                .hasMessageContaining("log.unsupported")
                .hasMessageContaining("compression type 4");
        byte[] late = write(List.of(LogTest.number(7)));
        setType(late, LogFormat.TYPE_SET_COMPRESSION);
        byte[] twice = Arrays.copyOf(late, 2 * late.length);
        System.arraycopy(late, 0, twice, late.length, late.length);
        assertThatThrownBy(() -> read(twice, 3, LogTest::refuse)).hasMessageContaining("by its first record alone");
    }

    private static void refuse(LogDamage damage) throws StoreException {
        throw damage.toException();
    }

    /** A log with {@code wal_compression}: a record that says so, and frames. */
    private byte[] compressed(int type, List<byte[]> records) throws IOException {
        List<byte[]> all = new ArrayList<>();
        all.add(number(type));
        records.forEach(record -> all.add(Zstd.compress(record)));
        byte[] log = write(all);
        setType(log, LogFormat.TYPE_SET_COMPRESSION);
        return log;
    }

    private static byte[] number(int value) {
        byte[] bytes = new byte[Integer.BYTES];
        new UnsafeBuffer(bytes).putInt(0, value, ByteOrder.LITTLE_ENDIAN);
        return bytes;
    }

    /** Makes the first fragment, of four bytes, one of another type. */
    private static void setType(byte[] log, int type) {
        UnsafeBuffer buffer = new UnsafeBuffer(log);
        buffer.putByte(LogFormat.TYPE_OFFSET, (byte) type);
        int length = LogFormat.HEADER_LENGTH + Integer.BYTES - LogFormat.TYPE_OFFSET;
        buffer.putInt(0, Crc32c.mask(Crc32c.of(buffer, LogFormat.TYPE_OFFSET, length)), ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void shouldWriteARecordOfTwoPartsAsOne() throws IOException {
        Random random = new Random(5);
        for (int before = LogFormat.BLOCK_LENGTH - 60; before < LogFormat.BLOCK_LENGTH; before++) {
            byte[] prefix = bytes(random, 12);
            byte[] body = bytes(random, random.nextInt(60));
            byte[] whole = Arrays.copyOf(prefix, 12 + body.length);
            System.arraycopy(body, 0, whole, 12, body.length);
            String name = "parts-" + before;
            try (LogWriter writer = new LogWriter(storage.create(name))) {
                writer.append(new UnsafeBuffer(new byte[before - 7]), 0, before - 7);
                writer.append(new UnsafeBuffer(prefix), 12, new UnsafeBuffer(body), 0, body.length);
            }
            try (ReadableFile file = storage.open(name)) {
                LogReader reader = new LogReader(file);
                assertThat(reader.next()).isTrue();
                assertThat(reader.next()).isTrue();
                assertThat(Bytes.copy(reader.record())).as("behind %d", before).isEqualTo(whole);
                assertThat(reader.next()).isFalse();
            }
        }
    }

    @Test
    void shouldFindTheRecordsBehindDamageWhereItIsPutUpWith() throws IOException {
        Random random = new Random(11);
        List<byte[]> records = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            records.add(bytes(random, 1 + random.nextInt(i % 7 == 0 ? 70_000 : 3000)));
        }
        byte[] whole = write(records);
        for (int round = 0; round < 500; round++) {
            byte[] damaged = whole.clone();
            int at = random.nextInt(damaged.length);
            if (round % 3 == 0) {
                Arrays.fill(damaged, at, Math.min(damaged.length, at + random.nextInt(50_000)), (byte) 0);
            } else {
                damaged[at] ^= (byte) (1 << random.nextInt(8));
            }
            List<LogDamage> damages = new ArrayList<>();
            List<byte[]> found = read(damaged, 9, damages::add);
            assertThat(records)
                    .as("round %d", round)
                    .usingElementComparator(Arrays::compare)
                    .containsSubsequence(found);
            if (found.size() < records.size()) {
                assertThat(damages).as("round %d", round).isNotEmpty();
            }
            // One block is lost at most where one byte is wrong, and what reaches into it.
            if (round % 3 != 0) {
                assertThat(lengthOf(found)).isGreaterThan(lengthOf(records) - 2 * 70_000 - LogFormat.BLOCK_LENGTH);
            }
        }
    }

    @Test
    void shouldTellATornTailFromCorruption() throws IOException {
        byte[] whole = write(List.of(new byte[100], new byte[200]));
        assertThat(damageOf(Arrays.copyOf(whole, whole.length - 1))).containsExactly(LogDamage.Kind.TORN_TAIL);
        assertThat(damageOf(Arrays.copyOf(whole, 107 + 3))).containsExactly(LogDamage.Kind.TORN_TAIL);
        assertThat(damageOf(whole)).isEmpty();
        whole[150] ^= 1;
        assertThat(damageOf(whole)).containsExactly(LogDamage.Kind.CORRUPT);
    }

    @Test
    void shouldEndARecycledLogWhereItsEarlierUseBegins() throws IOException {
        byte[] log = concat(
                recyclable(LogFormat.TYPE_RECYCLABLE_FULL, 7, 1),
                recyclable(LogFormat.TYPE_RECYCLABLE_FULL, 7, 2),
                recyclable(LogFormat.TYPE_RECYCLABLE_FULL, 4, 3));
        List<LogDamage> damages = new ArrayList<>();
        assertThat(read(log, 7, damages::add)).containsExactly(new byte[] {1}, new byte[] {2});
        assertThat(damages).extracting(LogDamage::kind).containsExactly(LogDamage.Kind.OLD_RECORD);
        byte[] torn = log.clone();
        torn[2 * 12 + 1] ^= 1;
        damages.clear();
        assertThat(read(torn, 7, damages::add)).hasSize(2);
        assertThat(damages).extracting(LogDamage::kind).containsExactly(LogDamage.Kind.TORN_TAIL);
        assertThat(read(log, (1L << 32) + 7, damages::add)).hasSize(2);
    }

    private List<LogDamage.Kind> damageOf(byte[] log) throws IOException {
        List<LogDamage.Kind> kinds = new ArrayList<>();
        read(log, 1, damage -> kinds.add(damage.kind()));
        return kinds;
    }

    private static byte[] recyclable(int type, int logNumber, int payload) {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[LogFormat.RECYCLABLE_HEADER_LENGTH + 1]);
        buffer.putShort(LogFormat.LENGTH_OFFSET, (short) 1, ByteOrder.LITTLE_ENDIAN);
        buffer.putByte(LogFormat.TYPE_OFFSET, (byte) type);
        buffer.putInt(LogFormat.LOG_NUMBER_OFFSET, logNumber, ByteOrder.LITTLE_ENDIAN);
        buffer.putByte(LogFormat.RECYCLABLE_HEADER_LENGTH, (byte) payload);
        int from = LogFormat.TYPE_OFFSET;
        buffer.putInt(0, Crc32c.mask(Crc32c.of(buffer, from, buffer.capacity() - from)), ByteOrder.LITTLE_ENDIAN);
        return Bytes.copy(buffer);
    }

    private static byte[] concat(byte[]... parts) {
        java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static long lengthOf(List<byte[]> records) {
        return records.stream().mapToLong(record -> record.length).sum();
    }

    private static byte[] fragment(int type) {
        int headerLength = LogFormat.isRecyclable(type) ? LogFormat.RECYCLABLE_HEADER_LENGTH : LogFormat.HEADER_LENGTH;
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[headerLength + 9]);
        buffer.putShort(LogFormat.LENGTH_OFFSET, (short) 9, ByteOrder.LITTLE_ENDIAN);
        buffer.putByte(LogFormat.TYPE_OFFSET, (byte) type);
        int crc = Crc32c.of(buffer, LogFormat.TYPE_OFFSET, buffer.capacity() - LogFormat.TYPE_OFFSET);
        buffer.putInt(0, Crc32c.mask(crc), ByteOrder.LITTLE_ENDIAN);
        return Bytes.copy(buffer);
    }

    private static byte[] bytes(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private byte[] write(List<byte[]> records) throws IOException {
        String name = "log-" + files++;
        try (LogWriter writer = new LogWriter(storage.create(name))) {
            for (byte[] record : records) {
                writer.append(new UnsafeBuffer(record), 0, record.length);
            }
        }
        try (ReadableFile file = storage.open(name)) {
            byte[] bytes = new byte[(int) file.length()];
            file.read(0, new UnsafeBuffer(bytes), 0, bytes.length);
            return bytes;
        }
    }

    private List<byte[]> read(byte[] log) throws IOException {
        return read(log, reader -> new LogReader(reader));
    }

    private List<byte[]> read(byte[] log, long number, LogDamage.Handler handler) throws IOException {
        return read(log, file -> new LogReader(file, number, handler));
    }

    private List<byte[]> read(byte[] log, java.util.function.Function<ReadableFile, LogReader> readers)
            throws IOException {
        String name = "log-" + files++;
        try (WritableFile file = storage.create(name)) {
            file.append(new UnsafeBuffer(log), 0, log.length);
        }
        List<byte[]> records = new ArrayList<>();
        try (ReadableFile file = storage.open(name)) {
            LogReader reader = readers.apply(file);
            while (reader.next()) {
                records.add(Bytes.copy(reader.record()));
            }
            assertThat(reader.next()).isFalse();
        } finally {
            storage.delete(name);
        }
        return records;
    }
}
