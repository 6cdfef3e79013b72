// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.StoreException;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.WritableFile;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ResultFileTest {
    private static final String DIRECTORY = "owner-7/job-compaction-12/attempt-2";
    private static final JobName JOB = JobName.of(Samples.ID);

    private final MemoryStorage storage = new MemoryStorage("results");

    @BeforeEach
    void createDirectories() throws IOException {
        storage.createDirectory("owner-7");
        storage.createDirectory("owner-7/job-compaction-12");
        storage.createDirectory(DIRECTORY);
    }

    private byte[] written() throws IOException {
        ResultFile.write(storage, ResultDocument.of(Samples.result()));
        try (ReadableFile file = storage.open(DIRECTORY + "/RESULT")) {
            byte[] bytes = new byte[(int) file.length()];
            file.read(0, new UnsafeBuffer(bytes), 0, bytes.length);
            return bytes;
        }
    }

    private void replace(byte[] bytes) throws IOException {
        storage.delete(DIRECTORY + "/RESULT");
        try (WritableFile file = storage.create(DIRECTORY + "/RESULT")) {
            file.append(new UnsafeBuffer(bytes), 0, bytes.length);
            file.sync();
        }
    }

    @Test
    void shouldReadWhatWasWritten() throws IOException {
        assertThat(ResultFile.read(storage, JOB, 2)).isNull();
        byte[] bytes = written();
        assertThat(bytes).startsWith('S', 'L', 'C', 'R', 1, 0, 0, 0);
        assertThat(ResultFile.read(storage, JOB, 2)).isEqualTo(ResultDocument.of(Samples.result()));
        assertThat(storage.list(DIRECTORY)).containsExactly("RESULT");
    }

    @Test
    void shouldNoticeEveryDamagedByteAndEveryCut() throws IOException {
        byte[] bytes = written();
        for (int i = 0; i < bytes.length; i++) {
            byte[] damaged = bytes.clone();
            damaged[i] ^= 0x20;
            replace(damaged);
            assertThatThrownBy(() -> ResultFile.read(storage, JOB, 2))
                    .as("byte %d", i)
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("[compaction.result.");
        }
        for (int length = 0; length < bytes.length; length += 7) {
            replace(java.util.Arrays.copyOf(bytes, length));
            assertThatThrownBy(() -> ResultFile.read(storage, JOB, 2))
                    .as("cut to %d", length)
                    .hasMessageContaining("[compaction.result.corrupt]");
        }
    }

    @Test
    void shouldNotBelieveTheResultOfAnother() throws IOException {
        byte[] bytes = written();
        storage.createDirectory("owner-7/job-compaction-12/attempt-3");
        try (WritableFile file = storage.create("owner-7/job-compaction-12/attempt-3/RESULT")) {
            file.append(new UnsafeBuffer(bytes), 0, bytes.length);
            file.sync();
        }
        assertThatThrownBy(() -> ResultFile.read(storage, JOB, 3)).hasMessageContaining("[compaction.result.corrupt]");
    }

    @Test
    void shouldFailWhereTheOwnersDirectoryWasTakenAway() throws IOException {
        storage.rename("owner-7", "deposed-7");
        assertThatThrownBy(() -> ResultFile.write(storage, ResultDocument.of(Samples.result())))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.NOT_FOUND));
    }
}
