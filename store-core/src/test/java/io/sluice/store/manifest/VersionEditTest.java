// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.ByteWriter;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class VersionEditTest {
    /** An edit with every field, checked by hand against docs/formats/manifest.md. */
    private static final String GOLDEN =
            "8140026964011a6c6576656c64622e4279746577697365436f6d70617261746f720204090003ac02"
                    + "cb01030a0404f0a2040601c80167000cf40709610109000000000000096d01010000000000000109"
                    + "050580e2cfaa06060581e2cfaa060d01050704fedcba98081246696c65436865636b73756d437263"
                    + "33326301c80103c901057468697264ac0204";

    @Test
    void shouldReadBackWhatItWrote() throws StoreException {
        byte[] bytes = encode(full());
        VersionEdit read = decode(bytes);
        assertThat(encode(read)).isEqualTo(bytes);
        assertThat(read.columnFamily()).isEqualTo(3);
        assertThat(read.newFiles()).isEqualTo(full().newFiles());
        assertThat(read.deletedFiles()).isEqualTo(full().deletedFiles());
        assertThat(read.newFiles().get(0).file().crc32c()).hasValue(0xfedcba98L);
        assertThat(read.addedColumnFamily()).isEqualTo("third");
        assertThat(read.remainingInGroup()).isEqualTo(4);
    }

    @Test
    void shouldKeepItsBytes() throws StoreException {
        assertThat(HexFormat.of().formatHex(encode(full()))).isEqualTo(GOLDEN);
    }

    @Test
    void shouldPassOverIgnorableTagsAndKeepUnknownFileFields() throws StoreException {
        ByteWriter out = new ByteWriter();
        out.putVarint32((1 << 13) + 11).putLengthPrefixed(new byte[] {1, 2, 3});
        out.putVarint32(ManifestFormat.NEW_FILE_4).putVarint32(0).putVarint32(5).putVarint32(100);
        out.putLengthPrefixed(TestFiles.key("a", 1).toByteArray());
        out.putLengthPrefixed(TestFiles.key("b", 1).toByteArray());
        out.putVarint32(1).putVarint32(1);
        out.putVarint32(13).putLengthPrefixed(new byte[] {9});
        out.putVarint32(20).putLengthPrefixed(new byte[] {7, 7});
        out.putVarint32(1);
        VersionEdit edit = decode(out.toByteArray());
        FileMetadata file = edit.newFiles().get(0).file();
        assertThat(file.epochNumber()).isEqualTo(9);
        assertThat(file.customFields()).hasSize(1);
        assertThat(decode(encode(edit)).newFiles().get(0).file()).isEqualTo(file);
    }

    @Test
    void shouldNameWhatItDoesNotRead() {
        assertUnsupported(new ByteWriter().putVarint32(999), "tag 999");
        assertUnsupported(new ByteWriter().putVarint32(ManifestFormat.BLOB_FILE_ADDITION), "blob files");
        assertUnsupported(new ByteWriter().putVarint32(ManifestFormat.WAL_ADDITION_OLD), "track_and_verify");
        assertUnsupported(fileWithField(70, new byte[] {1}), "file field 70");
        assertUnsupported(fileWithField(ManifestFormat.FIELD_PATH_ID, new byte[] {1}), "db_paths");
        assertUnsupported(fileWithField(ManifestFormat.FIELD_OLDEST_BLOB_FILE, new byte[] {1}), "blob files");
    }

    @Test
    void shouldRefuseOneOfChecksumAndItsName() {
        assertThatThrownBy(() -> decode(fileWithField(ManifestFormat.FIELD_CHECKSUM, new byte[] {1})
                        .toByteArray()))
                .hasMessageContaining("checksum name (8)");
    }

    @Test
    void shouldRefuseToWriteAFileWithoutEpochNumber() {
        VersionEdit edit = new VersionEdit().addFile(0, TestFiles.file(1, "a", "b", 1, 2, 0));
        assertThatThrownBy(() -> encode(edit)).hasMessageContaining("manifest.no-epoch-number");
    }

    @Test
    void shouldEndDamagedEditsInNamedErrors() throws StoreException {
        byte[] whole = encode(full());
        long seed = 11;
        Random random = new Random(seed);
        for (int round = 0; round < 50_000; round++) {
            byte[] damaged = Arrays.copyOf(whole, random.nextInt(whole.length + 1));
            for (int flips = random.nextInt(4); flips > 0 && damaged.length > 0; flips--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            try {
                assertThat(decode(damaged)).isNotNull();
            } catch (StoreException e) {
                assertThat(e.kind()).as("seed %d round %d", seed, round).isIn(Kind.CORRUPTION, Kind.NOT_SUPPORTED);
            }
        }
    }

    private static VersionEdit full() {
        return new VersionEdit(3)
                .dbId("id")
                .comparatorName("leveldb.BytewiseComparator")
                .logNumber(4)
                .prevLogNumber(0)
                .nextFileNumber(300)
                .maxColumnFamily(3)
                .minLogNumberToKeep(4)
                .lastSequence(70_000)
                .deleteFile(1, 200)
                .addFile(0, TestFiles.file(12, "a", "m", 1, 9, 5).withCrc32c(0xfedcba98L))
                .addColumnFamily("third")
                .remainingInGroup(4);
    }

    private static ByteWriter fileWithField(int tag, byte[] value) {
        ByteWriter out = new ByteWriter();
        out.putVarint32(ManifestFormat.NEW_FILE_4).putVarint32(0).putVarint32(5).putVarint32(100);
        out.putLengthPrefixed(TestFiles.key("a", 1).toByteArray());
        out.putLengthPrefixed(TestFiles.key("b", 1).toByteArray());
        out.putVarint32(1).putVarint32(1);
        return out.putVarint32(tag).putLengthPrefixed(value).putVarint32(1);
    }

    private static void assertUnsupported(ByteWriter edit, String feature) {
        assertThatThrownBy(() -> decode(edit.toByteArray()))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_SUPPORTED))
                .hasMessageContaining(feature);
    }

    private static byte[] encode(VersionEdit edit) throws StoreException {
        ByteWriter out = new ByteWriter();
        VersionEditEncoder.encode(edit, out);
        return out.toByteArray();
    }

    private static VersionEdit decode(byte[] bytes) throws StoreException {
        return VersionEditDecoder.decode("test", new UnsafeBuffer(bytes));
    }
}
