// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.sluice.flush.protocol.FlushMessage.AttemptResult;
import io.sluice.store.base.Crc32c;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.fuzz.FuzzTarget;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/** The RESULT files of attempts, as they are and with length and checksum that fit. */
class ResultFileFuzzTest extends FuzzTarget {
    @Override
    protected List<byte[]> seeds() throws IOException {
        MemoryStorage storage = new MemoryStorage("seed");
        storage.createDirectory("attempt");
        ResultFile.write(storage, "attempt", new AttemptResult(new AttemptToken(1, 2), MessageCodecTest.result()));
        try (ReadableFile file = storage.open("attempt/RESULT")) {
            byte[] bytes = new byte[(int) file.length()];
            file.read(0, new UnsafeBuffer(bytes), 0, bytes.length);
            return List.of(bytes);
        }
    }

    @Override
    protected Set<Kind> refusals() {
        return EnumSet.of(Kind.REMOTE, Kind.NOT_SUPPORTED, Kind.CORRUPTION);
    }

    @Override
    protected void parse(byte[] input) {
        allow(256L * input.length);
        attempt(() -> read(input));
        if (input.length >= ResultFileFormat.HEADER_LENGTH) {
            byte[] fitting = input.clone();
            UnsafeBuffer bytes = new UnsafeBuffer(fitting);
            int length = input.length - ResultFileFormat.HEADER_LENGTH;
            int crc = Crc32c.of(bytes, ResultFileFormat.HEADER_LENGTH, length);
            bytes.putInt(ResultFileFormat.LENGTH_OFFSET, length, LITTLE_ENDIAN);
            bytes.putInt(ResultFileFormat.CRC_OFFSET, Crc32c.mask(crc), LITTLE_ENDIAN);
            attempt(() -> read(fitting));
        }
    }

    private static void read(byte[] bytes) throws IOException {
        MemoryStorage storage = new MemoryStorage("fuzz");
        storage.createDirectory("attempt");
        try (WritableFile file = storage.create("attempt/RESULT")) {
            file.append(new UnsafeBuffer(bytes), 0, bytes.length);
            file.sync();
        }
        AttemptResult result = ResultFile.read(storage, "attempt");
        require(
                result != null && result.equals(ResultFile.read(storage, "attempt")),
                "a second look gives another result");
    }
}
