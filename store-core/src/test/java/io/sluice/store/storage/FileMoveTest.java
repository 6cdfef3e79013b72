// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.store.base.Crc32c;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.FaultInjectingStorage.Fault;
import io.sluice.store.storage.FaultInjectingStorage.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileMoveTest {
    private final MemoryStorage memory = new MemoryStorage("moves");
    private final FaultInjectingStorage storage = new FaultInjectingStorage(memory);
    private final byte[] bytes = new byte[3_000_000];

    private long write(Storage target, String name) throws IOException {
        new Random(1).nextBytes(bytes);
        try (WritableFile file = target.create(name)) {
            file.append(new UnsafeBuffer(bytes), 0, bytes.length);
            file.sync();
        }
        CRC32C crc = new CRC32C();
        Crc32c.update(crc, new UnsafeBuffer(bytes), 0, bytes.length);
        return crc.getValue();
    }

    private byte[] read(Storage source, String name) throws IOException {
        try (ReadableFile file = source.open(name)) {
            byte[] found = new byte[(int) file.length()];
            file.read(0, new UnsafeBuffer(found), 0, found.length);
            return found;
        }
    }

    @Test
    void shouldRenameWhereItCan() throws Exception {
        long crc = write(storage, "a");
        long calls = storage.calls();
        FileMove.move(storage, "a", "b", "staging", crc);
        assertThat(storage.calls()).isEqualTo(calls + 1);
        assertThat(read(memory, "b")).isEqualTo(bytes);
    }

    @Test
    @Tag("B34")
    void shouldCopyByWayOfTheStagingNameWhereItCannot() throws Exception {
        long crc = write(storage, "a");
        storage.failWhen(
                call -> call.operation() == Operation.RENAME && call.name().equals("a"), Fault.CROSS_DEVICE);
        FileMove.move(storage, "a", "b", "staging", crc);
        memory.syncDirectory("");
        memory.crash();
        assertThat(read(memory, "b")).isEqualTo(bytes);
        assertThat(memory.list("")).containsExactly("b");
    }

    @Test
    void shouldLeaveTheFileWhereItWasWhereACopyFails() throws Exception {
        long crc = write(storage, "a");
        for (Operation operation :
                new Operation[] {Operation.CREATE, Operation.APPEND, Operation.READ, Operation.SYNC}) {
            storage.plan(call -> call.operation() == Operation.RENAME
                    ? Fault.CROSS_DEVICE
                    : call.operation() == operation ? Fault.NO_SPACE : null);
            assertThatThrownBy(() -> FileMove.move(storage, "a", "b", "staging", crc))
                    .hasMessageContaining("storage.no-space");
            assertThat(memory.list("")).containsExactly("a");
        }
        storage.failWhen(call -> call.operation() == Operation.RENAME, Fault.CROSS_DEVICE);
        assertThatThrownBy(() -> FileMove.move(storage, "a", "b", "staging", crc))
                .hasMessageContaining("storage.cross-device");
        assertThatThrownBy(() -> FileMove.move(storage, "a", "b", "b", crc ^ 1))
                .hasMessageContaining("storage.copy")
                .hasMessageContaining("a: CRC32C");
        assertThat(memory.list("")).containsExactly("a");
        write(storage, "c");
        assertThatThrownBy(() -> FileMove.move(storage, "a", "c", "c", crc)).hasMessageContaining("storage.exists");
        assertThat(memory.list("")).containsExactlyInAnyOrder("a", "c");
    }

    @Test
    void shouldKnowAnotherMountOrEncryptionZoneByWhatHadoopSays() {
        for (String message : new String[] {
            "Renames across Mount points not supported",
            "/zone/a can't be moved from an encryption zone.",
            "/a can't be moved into an encryption zone."
        }) {
            assertThat(StorageErrors.translate("rename a to", "b", new IOException(message))
                            .code())
                    .isEqualTo(StorageErrors.CROSS_DEVICE);
        }
        assertThat(StorageErrors.translate("rename a to", "b", new IOException("the encryption zone is full"))
                        .code())
                .isEqualTo("storage.io");
    }

    @Test
    @Tag("B34")
    void shouldKnowAnotherDeviceOfThisMachine(@TempDir Path directory) throws Exception {
        Path shared = Path.of("/dev/shm");
        assumeTrue(Files.isDirectory(shared) && Files.isWritable(shared));
        assumeTrue(!Files.getFileStore(shared).equals(Files.getFileStore(directory)));
        Path other = Files.createTempDirectory(shared, "sluice");
        try (LocalStorage machine = new LocalStorage(Path.of("/"))) {
            String from = directory.resolve("a").toString().substring(1);
            String to = other.resolve("b").toString().substring(1);
            long crc = write(machine, from);
            assertThatThrownBy(() -> machine.rename(from, to))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.code()).isEqualTo(StorageErrors.CROSS_DEVICE));
            FileMove.move(machine, from, to, to, crc);
            assertThat(read(machine, to)).isEqualTo(bytes);
            assertThat(machine.exists(from)).isFalse();
        } finally {
            Files.deleteIfExists(other.resolve("b"));
            Files.delete(other);
        }
    }
}
