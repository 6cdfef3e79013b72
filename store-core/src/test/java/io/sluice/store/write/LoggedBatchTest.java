// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.wal.LogReader;
import io.sluice.store.wal.LogWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoggedBatchTest {
    private final LoggedBatch batch = new LoggedBatch();

    @Test
    void shouldWalkEntriesOfEveryKindWithTheirNumbers() throws StoreException {
        wrap(
                9,
                6,
                "01 01 61 01 62",
                "04 03 01 63",
                "02 01 64 01 65",
                "08 05 01 66",
                "0f 01 67 01 68",
                "0d",
                "03 01 ff",
                "05 80 01 01 69 00");
        assertThat(batch.sequence()).isEqualTo(9);
        expect(9, 0, ValueType.VALUE, "a", "b");
        expect(10, 3, ValueType.DELETION, "c", "");
        expect(11, 0, ValueType.MERGE, "d", "e");
        expect(12, 5, ValueType.SINGLE_DELETION, "f", "");
        expect(13, 0, ValueType.RANGE_DELETION, "g", "h");
        expect(14, 128, ValueType.VALUE, "i", "");
        assertThat(batch.next()).isFalse();
        assertThat(batch.marker()).isNull();
    }

    @Test
    void shouldReadWhatABatchWrites() throws StoreException {
        Batch source = new Batch();
        source.put(0, "k".getBytes(UTF_8), "v".getBytes(UTF_8));
        source.delete(300, "gone".getBytes(UTF_8));
        UnsafeBuffer record = new UnsafeBuffer(new byte[12 + source.length()]);
        LoggedBatchFormat.putHeader(record, 77, source.count());
        record.putBytes(12, source.buffer(), 0, source.length());
        batch.wrap("test", record);
        expect(77, 0, ValueType.VALUE, "k", "v");
        expect(78, 300, ValueType.DELETION, "gone", "");
        assertThat(batch.next()).isFalse();
    }

    /** Whole logs of RocksDB 7.8.3: {@code ldb --create_if_missing put alpha one} and {@code batchput beta two gamma three}. */
    @Test
    void shouldWriteAndReadTheBytesThatRocksDbWrote() throws IOException {
        Batch put = new Batch();
        put.put(0, "alpha".getBytes(UTF_8), "one".getBytes(UTF_8));
        expectLog("02b3f8141700010100000000000000010000000105616c706861036f6e65", put);
        Batch puts = new Batch();
        puts.put(0, "beta".getBytes(UTF_8), "two".getBytes(UTF_8));
        puts.put(0, "gamma".getBytes(UTF_8), "three".getBytes(UTF_8));
        expectLog("2103aa3d2300010100000000000000020000000104626574610374776f010567616d6d61057468726565", puts);
    }

    private void expectLog(String hex, Batch source) throws IOException {
        MemoryStorage storage = new MemoryStorage("golden");
        UnsafeBuffer header = new UnsafeBuffer(new byte[LoggedBatchFormat.HEADER_LENGTH]);
        LoggedBatchFormat.putHeader(header, 1, source.count());
        try (LogWriter writer = new LogWriter(storage.create("ours"))) {
            writer.append(header, header.capacity(), source.buffer(), 0, source.length());
        }
        byte[] golden = HexFormat.of().parseHex(hex);
        try (ReadableFile file = storage.open("ours")) {
            byte[] written = new byte[(int) file.length()];
            file.read(0, new UnsafeBuffer(written), 0, written.length);
            assertThat(written).isEqualTo(golden);
            LogReader reader = new LogReader(file, 4, damage -> {
                throw damage.toException();
            });
            assertThat(reader.next()).isTrue();
            batch.wrap("golden", reader.record());
            int entries = 0;
            while (batch.next()) {
                entries++;
            }
            assertThat(entries).isEqualTo(source.count());
            assertThat(reader.next()).isFalse();
        }
    }

    @Test
    void shouldFindTheMarkerOfTheLogBefore() throws StoreException {
        UnsafeBuffer record = new UnsafeBuffer(new byte[12 + LogMarker.LENGTH]);
        LoggedBatchFormat.putHeader(record, 5, 0);
        new LogMarker(12, 34567).encode(record, 12);
        batch.wrap("test", record);
        assertThat(batch.next()).isFalse();
        assertThat(batch.marker()).isEqualTo(new LogMarker(12, 34567));
    }

    @Test
    void shouldRefuseCountsThatAreWrong() throws StoreException {
        wrap(1, 2, "00 01 61");
        assertThat(batch.next()).isTrue();
        assertThatThrownBy(batch::next).hasMessageContaining("fewer than count=2");
        wrap(1, 0, "00 01 61");
        assertThatThrownBy(batch::next).hasMessageContaining("more entries than count=0");
        assertThatThrownBy(() -> wrap(1L << 56, 1, "00 01 61")).hasMessageContaining("above 2^56");
        assertThatThrownBy(() -> batch.wrap("test", new UnsafeBuffer(new byte[11])))
                .isInstanceOf(StoreException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"09", "0a 01 78", "0b 01 78", "0c 01 78", "12", "13", "15 01 78 01 78"})
    void shouldRefusePreparedTransactionsClearly(String record) throws StoreException {
        wrap(1, 0, record);
        assertThatThrownBy(batch::next)
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("log.record-unsupported"))
                .hasMessageContaining("prepared transactions");
    }

    @Test
    void shouldEndInANamedErrorWhateverTheBytes() throws StoreException {
        Random random = new Random(17);
        for (int round = 0; round < 200_000; round++) {
            byte[] bytes = new byte[12 + random.nextInt(40)];
            random.nextBytes(bytes);
            for (int i = 4; i < 12; i++) {
                bytes[i] = (byte) (i == 8 ? random.nextInt(4) : 0);
            }
            for (int i = 12; i < bytes.length; i++) {
                bytes[i] = (byte) (random.nextInt(3) > 0 ? random.nextInt(16) : bytes[i]);
            }
            try {
                batch.wrap("fuzz", new UnsafeBuffer(bytes));
                while (batch.next()) {
                    assertThat(batch.keyOffset() + batch.keyLength()).isLessThanOrEqualTo(bytes.length);
                    assertThat(batch.valueOffset() + batch.valueLength()).isLessThanOrEqualTo(bytes.length);
                }
            } catch (StoreException e) {
                assertThat(e.kind()).isIn(StoreException.Kind.CORRUPTION, StoreException.Kind.NOT_SUPPORTED);
            }
        }
    }

    private void expect(long sequence, int columnFamily, byte type, String key, String value) throws StoreException {
        assertThat(batch.next()).isTrue();
        assertThat(batch.entrySequence()).isEqualTo(sequence);
        assertThat(batch.columnFamily()).isEqualTo(columnFamily);
        assertThat(batch.type()).isEqualTo(type);
        assertThat(batch.buffer().getStringWithoutLengthAscii(batch.keyOffset(), batch.keyLength()))
                .isEqualTo(key);
        assertThat(batch.buffer().getStringWithoutLengthAscii(batch.valueOffset(), batch.valueLength()))
                .isEqualTo(value);
    }

    private void wrap(long sequence, int count, String... records) throws StoreException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] header = new byte[12];
        LoggedBatchFormat.putHeader(new UnsafeBuffer(header), sequence, count);
        all.writeBytes(header);
        for (String record : records) {
            all.writeBytes(HexFormat.of().parseHex(record.replace(" ", "")));
        }
        batch.wrap("test", new UnsafeBuffer(all.toByteArray()));
    }
}
