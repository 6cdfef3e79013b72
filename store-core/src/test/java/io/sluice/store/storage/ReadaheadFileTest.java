// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class ReadaheadFileTest {
    private final FaultInjectingStorage storage = new FaultInjectingStorage(new MemoryStorage("readahead"));
    private final byte[] content = new byte[100_000];

    @Test
    void shouldReadTheSameBytesWhateverTheOrder() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (ReadableFile file = new ReadaheadFile(write(random), 1 << 12)) {
            long position = 0;
            for (int i = 0; i < 5000; i++) {
                int count = 1 + random.nextInt(random.nextInt(20) == 0 ? 9000 : 300);
                position = random.nextInt(8) == 0 || position + count > content.length
                        ? random.nextInt(content.length - count)
                        : position;
                UnsafeBuffer target = new UnsafeBuffer(new byte[count + 5]);
                file.read(position, target, 5, count);
                for (int k = 0; k < count; k++) {
                    assertThat(target.getByte(5 + k)).as("seed " + seed).isEqualTo(content[(int) position + k]);
                }
                position += count;
            }
        }
    }

    @Test
    void shouldAskStorageSeldomWhereItIsReadInOrder() throws Exception {
        try (ReadableFile file = new ReadaheadFile(write(new Random(1)), 1 << 14)) {
            long before = storage.calls();
            for (int position = 0; position < content.length; position += 100) {
                file.read(position, new UnsafeBuffer(new byte[100]), 0, 100);
            }
            assertThat(storage.calls() - before).isLessThan(10);
        }
    }

    @Test
    void shouldFailBehindTheEnd() throws Exception {
        try (ReadableFile file = new ReadaheadFile(write(new Random(1)), 1 << 14)) {
            file.read(content.length - 10, new UnsafeBuffer(new byte[10]), 0, 10);
            assertThatThrownBy(() -> file.read(content.length, new UnsafeBuffer(new byte[10]), 0, 10))
                    .isInstanceOf(IOException.class);
        }
    }

    private ReadableFile write(Random random) throws IOException {
        random.nextBytes(content);
        try (WritableFile file = storage.create("file")) {
            file.append(new UnsafeBuffer(content), 0, content.length);
        }
        return storage.open("file");
    }
}
