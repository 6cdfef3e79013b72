// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.flush.protocol.FlushMessage.AttemptResult;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultFileTest {
    private static final AttemptResult RESULT = new AttemptResult(new AttemptToken(7, 8), MessageCodecTest.result());

    @TempDir
    Path directory;

    private Storage storage;

    @BeforeEach
    void open() throws Exception {
        storage = Storages.open(directory.toUri().toString(), Map.of());
        storage.createDirectory("attempt-1");
    }

    @AfterEach
    void close() throws Exception {
        storage.close();
    }

    @Test
    void shouldReadBackWhatWasWrittenAndLeaveNoTemporary() throws Exception {
        assertThat(ResultFile.read(storage, "attempt-1")).isNull();
        ResultFile.write(storage, "attempt-1", RESULT);
        assertThat(ResultFile.read(storage, "attempt-1")).isEqualTo(RESULT);
        assertThat(storage.list("attempt-1")).containsExactly("RESULT");
    }

    @Test
    void shouldKeepTheHeaderOfVersionOne() throws Exception {
        ResultFile.write(storage, "attempt-1", RESULT);
        byte[] bytes = Files.readAllBytes(directory.resolve("attempt-1/RESULT"));
        int payload = bytes.length - 16;
        assertThat(bytes).startsWith('S', 'L', 'F', 'R', 1, 0, 0, 0, payload & 0xff, payload >> 8, 0, 0);
    }

    @Test
    @Tag("A37")
    void shouldRefuseAnotherVersionByName() throws Exception {
        ResultFile.write(storage, "attempt-1", RESULT);
        Path file = directory.resolve("attempt-1/RESULT");
        byte[] bytes = Files.readAllBytes(file);
        bytes[4] = 2;
        Files.write(file, bytes);
        assertThatThrownBy(() -> ResultFile.read(storage, "attempt-1"))
                .isInstanceOfSatisfying(StoreException.class, e -> {
                    assertThat(e.kind()).isEqualTo(StoreException.Kind.NOT_SUPPORTED);
                    assertThat(e.code()).isEqualTo("flush.result.version");
                })
                .hasMessageContaining("attempt-1/RESULT has version 2, expected 1");
    }

    @Test
    @Tag("A21")
    @Tag("A37")
    void shouldRefuseEveryFlippedBitAndEveryTruncation() throws Exception {
        ResultFile.write(storage, "attempt-1", RESULT);
        Path file = directory.resolve("attempt-1/RESULT");
        byte[] good = Files.readAllBytes(file);
        Random random = new Random(20261122);
        for (int i = 0; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, bad);
            assertThatThrownBy(() -> ResultFile.read(storage, "attempt-1"))
                    .as("byte %s", i)
                    .isInstanceOf(StoreException.class);
            Files.write(file, java.util.Arrays.copyOf(good, i));
            assertThatThrownBy(() -> ResultFile.read(storage, "attempt-1"))
                    .as("length %s", i)
                    .isInstanceOf(StoreException.class);
        }
    }

    @Test
    @Tag("A37")
    void shouldRefuseAFileThatIsTooLong() throws Exception {
        Path file = directory.resolve("attempt-1/RESULT");
        try (var channel = java.nio.channels.FileChannel.open(
                file, java.nio.file.StandardOpenOption.CREATE, java.nio.file.StandardOpenOption.WRITE)) {
            channel.write(java.nio.ByteBuffer.wrap(new byte[1]), 1L << 40);
        }
        assertThatThrownBy(() -> ResultFile.read(storage, "attempt-1"))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("flush.result.corrupt"));
    }
}
