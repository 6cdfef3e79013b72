// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import io.sluice.store.base.ByteWriter;
import io.sluice.store.base.StoreException;
import io.sluice.store.fuzz.FuzzTarget;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** Version edits: what is read, written and read again stays the same. */
class VersionEditFuzzTest extends FuzzTarget {
    @Override
    protected List<byte[]> seeds() throws IOException {
        VersionEdit numbers = new VersionEdit()
                .dbId("5d6e4b1c-0f32-4b5e-9d2a-3c1f5f0a9b7e")
                .comparatorName("leveldb.BytewiseComparator")
                .logNumber(4)
                .prevLogNumber(0)
                .nextFileNumber(300)
                .maxColumnFamily(3)
                .minLogNumberToKeep(4)
                .lastSequence(70_000);
        VersionEdit files = new VersionEdit(3)
                .deleteFile(1, 200)
                .addFile(0, TestFiles.file(12, "a", "m", 1, 9, 5).withCrc32c(0xfedcba98L))
                .addFile(6, TestFiles.file(13, "n", "z", 0, 0, 1))
                .remainingInGroup(4);
        VersionEdit families = new VersionEdit(3).addColumnFamily("third");
        VersionEdit drop = new VersionEdit(3).dropColumnFamily();
        return List.of(encode(numbers), encode(files), encode(families), encode(drop), old(2), old(3), old(4));
    }

    /** A new file as RocksDB wrote it long ago. */
    private static byte[] old(int form) {
        ByteWriter out = new ByteWriter();
        out.putVarint32(
                form == 2
                        ? ManifestFormat.NEW_FILE_1
                        : form == 3 ? ManifestFormat.NEW_FILE_2 : ManifestFormat.NEW_FILE_3);
        out.putVarint32(1).putVarint32(12);
        if (form == 4) {
            out.putVarint32(0);
        }
        out.putVarint32(1000);
        out.putLengthPrefixed(TestFiles.key("a", 9).toByteArray());
        out.putLengthPrefixed(TestFiles.key("b", 1).toByteArray());
        return out.putVarint32(1).putVarint32(9).toByteArray();
    }

    @Override
    protected void parse(byte[] input) throws IOException {
        VersionEdit edit = decode(input);
        byte[] written;
        try {
            written = encode(edit);
        } catch (StoreException e) {
            require(e.code().equals("manifest.no-epoch-number"), e.code());
            return;
        }
        VersionEdit again = decode(written);
        require(again.newFiles().equals(edit.newFiles()), "written, other files come");
        require(again.deletedFiles().equals(edit.deletedFiles()), "written, other files go");
        require(Arrays.equals(encode(again), written), "written again, it is another");
    }

    private static byte[] encode(VersionEdit edit) throws StoreException {
        ByteWriter out = new ByteWriter();
        VersionEditEncoder.encode(edit, out);
        return out.toByteArray();
    }

    private static VersionEdit decode(byte[] bytes) throws StoreException {
        return VersionEditDecoder.decode("fuzz", new UnsafeBuffer(bytes));
    }
}
