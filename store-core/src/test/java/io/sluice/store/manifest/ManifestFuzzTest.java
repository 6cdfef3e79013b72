// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import io.sluice.store.base.ByteWriter;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.fuzz.FuzzTarget;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.WritableFile;
import io.sluice.store.wal.LogBytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/** Whole manifests, as they are and with checksums that fit: a store that is opened from one and closed opens as the same. */
class ManifestFuzzTest extends FuzzTarget {
    @Override
    protected List<byte[]> seeds() throws IOException {
        List<byte[]> records = new ArrayList<>();
        records.add(encode(new VersionEdit()
                .logNumber(4)
                .nextFileNumber(30)
                .lastSequence(70_000)
                .comparatorName("leveldb.BytewiseComparator")));
        records.add(encode(new VersionEdit(1).addColumnFamily("second").comparatorName("leveldb.BytewiseComparator")));
        records.add(encode(new VersionEdit(1)
                .addFile(0, TestFiles.file(12, "a", "m", 1, 9, 5))
                .addFile(1, TestFiles.file(13, "n", "z", 0, 0, 1))
                .remainingInGroup(1)));
        records.add(encode(new VersionEdit()
                .addFile(2, TestFiles.file(14, "n", "z", 0, 0, 1))
                .remainingInGroup(0)));
        records.add(encode(new VersionEdit(1).deleteFile(0, 12)));
        List<byte[]> seeds = new ArrayList<>();
        for (int i = 1; i <= records.size(); i++) {
            seeds.add(LogBytes.of(records.subList(0, i)));
        }
        records.add(encode(new VersionEdit(1).dropColumnFamily()));
        seeds.add(LogBytes.of(records));
        return seeds;
    }

    private static byte[] encode(VersionEdit edit) throws IOException {
        ByteWriter out = new ByteWriter();
        VersionEditEncoder.encode(edit, out);
        return out.toByteArray();
    }

    @Override
    protected Set<Kind> refusals() {
        return EnumSet.of(Kind.CORRUPTION, Kind.NOT_SUPPORTED, Kind.INVALID_ARGUMENT); // another comparator
    }

    @Override
    protected void parse(byte[] input) {
        allow(4 << 20);
        attempt(() -> open(input));
        attempt(() -> open(LogBytes.withChecksums(input)));
    }

    private void open(byte[] manifest) throws IOException {
        allow(256L * manifest.length);
        MemoryStorage storage = new MemoryStorage("fuzz");
        put(storage, "MANIFEST-000005", manifest);
        put(storage, FileNames.CURRENT, "MANIFEST-000005\n".getBytes(StandardCharsets.US_ASCII));
        String opened = describe(storage);
        try {
            String again = describe(storage);
            require(again.equals(opened), "opened again, it is " + again + ", not " + opened);
        } catch (IOException e) {
            throw new AssertionError("opened once, it is refused the second time", e);
        }
    }

    private static void put(MemoryStorage storage, String name, byte[] bytes) throws IOException {
        try (WritableFile file = storage.create(name)) {
            file.append(new UnsafeBuffer(bytes), 0, bytes.length);
            file.sync();
        }
    }

    private static String describe(MemoryStorage storage) throws IOException {
        try (VersionSet versions = VersionSet.open(storage, Epoch.take(storage), ManifestOptions.defaults())) {
            StringBuilder all = new StringBuilder("sequence " + versions.lastSequence());
            versions.newFileNumber();
            for (ColumnFamilyInfo family : versions.columnFamilies().values()) {
                all.append(", ").append(family.id()).append(' ').append(family.name());
                all.append(" by ").append(family.comparatorName());
                for (int level = 0; level < family.version().levelCount(); level++) {
                    all.append(' ').append(family.version().files(level));
                }
            }
            return all.toString();
        }
    }
}
