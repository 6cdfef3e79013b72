// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import io.sluice.store.fuzz.FuzzTarget;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** CURRENT, IDENTITY, and names in a store's directory. The same bytes are taken for each. */
class SmallFilesFuzzTest extends FuzzTarget {
    private static final List<String> TEXTS = List.of(
            "MANIFEST-000005\n",
            "MANIFEST-123456789012\n",
            "MANIFEST-4611686018427387903\n",
            "000012.sst",
            "000009.log",
            "OPTIONS-000007",
            "OPTIONS-000007.dbtmp",
            "owner-3",
            "deposed-2",
            "CURRENT",
            "LOCK",
            "IDENTITY",
            "000009.ldb",
            "5d6e4b1c-0f32-4b5e-9d2a-3c1f5f0a9b7e\n");

    @Override
    protected List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        for (String text : TEXTS) {
            seeds.add(text.getBytes(StandardCharsets.US_ASCII));
        }
        return seeds;
    }

    @Override
    protected void parse(byte[] input) throws IOException {
        MemoryStorage storage = new MemoryStorage("fuzz");
        for (String name : List.of(FileNames.CURRENT, FileNames.IDENTITY)) {
            try (WritableFile file = storage.create(name)) {
                file.append(new UnsafeBuffer(input), 0, input.length);
            }
        }
        attempt(() -> require(
                FileNames.parse(ManifestReader.currentManifest(storage)).type() == FileNames.Type.MANIFEST,
                "CURRENT names something else"));
        attempt(() -> require(IdentityFile.read(storage) != null, "no id"));
        String name = new String(input, StandardCharsets.ISO_8859_1);
        FileNames.Parsed parsed = FileNames.parse(name);
        long number = parsed.number();
        require(number >= 0, "a negative number");
        FileNames.Parsed same = switch (parsed.type()) {
            case MANIFEST -> FileNames.parse(FileNames.manifest(number));
            case OPTIONS -> FileNames.parse(FileNames.options(number));
            case TABLE -> FileNames.parse(FileNames.table(number));
            case WAL -> FileNames.parse(FileNames.wal(number));
            case OWNER -> FileNames.parse(FileNames.owner(number));
            case DEPOSED -> FileNames.parse(FileNames.deposed(number));
            default -> parsed;
        };
        require(same.equals(parsed), "written, it is another name");
    }
}
