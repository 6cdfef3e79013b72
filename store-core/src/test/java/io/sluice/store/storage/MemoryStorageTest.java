// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.base.StoreException.Kind;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MemoryStorageTest extends StorageContract {
    private final MemoryStorage memory = new MemoryStorage("test");

    @Override
    protected Storage newStorage() {
        return memory;
    }

    @Test
    void shouldKeepOnlySyncedBytesUnderSyncedNames() throws IOException {
        WritableFile file = storage.create("kept");
        append(file, "synced");
        file.sync();
        append(file, " lost");
        file.flush();
        write("unnamed", "x");
        storage.syncDirectory("");
        write("late", "x");
        storage.delete("unnamed");
        memory.crash();
        assertThat(storage.list("")).containsExactlyInAnyOrder("kept", "unnamed");
        assertThat(read("kept")).isEqualTo("synced".getBytes(UTF_8));
        assertThat(storage.length("unnamed")).isZero();
        assertFails(() -> append(file, "x"), Kind.IO, "storage.crashed", "kept");
    }

    @Test
    void shouldKeepWhatWasFlushedWhenTheProcessEnds() throws IOException {
        WritableFile file = storage.create("a");
        append(file, "flushed");
        file.flush();
        append(file, " kept back");
        MemoryStorage left = memory.killClone();
        assertThat(left.length("a")).isEqualTo("flushed".length());
        assertThat(left.list("")).containsExactly("a");
    }

    @Test
    void shouldTakeASealedFileFromItsWriter() throws IOException {
        WritableFile file = storage.create("a");
        append(file, "mine");
        file.flush();
        storage.seal("a");
        assertFails(() -> append(file, "x"), Kind.FENCED, "storage.sealed", "a");
        assertFails(file::sync, Kind.FENCED, "storage.sealed", "a");
        file.close();
        assertThat(read("a")).isEqualTo("mine".getBytes(UTF_8));
    }

    @Test
    void shouldMoveARenamedFileWhenTheTargetsDirectoryIsSynced() throws IOException {
        storage.createDirectory("d");
        storage.syncDirectory("");
        write("d/a", "");
        storage.syncDirectory("d");
        storage.rename("d/a", "a");
        assertThat(memory.crashClone().list("d")).containsExactly("a");
        assertThat(memory.crashClone().list("")).containsExactly("d");
        MemoryStorage careless = memory.crashClone();
        careless.rename("d/a", "a");
        careless.syncDirectory("d");
        assertThat(careless.crashClone().exists("a")).isFalse();
        storage.syncDirectory("");
        assertThat(memory.crashClone().list("")).containsExactlyInAnyOrder("a", "d");
        assertThat(memory.crashClone().list("d")).isEmpty();
    }

    @Test
    void shouldBringBackAReplacedFileUntilTheDirectoryIsSynced() throws IOException {
        writeSynced("CURRENT", "old");
        writeSynced("new", "new");
        storage.syncDirectory("");
        storage.replace("new", "CURRENT");
        assertThat(read(memory.crashClone(), "CURRENT")).isEqualTo("old".getBytes(UTF_8));
        storage.syncDirectory("");
        assertThat(read(memory.crashClone(), "CURRENT")).isEqualTo("new".getBytes(UTF_8));
    }

    @Test
    void shouldLeaveATornTailWhereAskedFor() throws IOException {
        WritableFile file = storage.create("a");
        append(file, "synced");
        file.sync();
        append(file, "0123456789");
        storage.syncDirectory("");
        Random random = new Random(5);
        boolean[] seen = new boolean[11];
        for (int i = 0; i < 500; i++) {
            byte[] left = read(memory.crashClone(random), "a");
            assertThat("synced0123456789").startsWith(new String(left, UTF_8));
            seen[left.length - 6] = true;
        }
        assertThat(seen).containsOnly(true);
    }

    @Test
    void shouldLoseLocksInACrash() throws IOException {
        Storage.FileLock before = storage.lock("LOCK");
        memory.crash();
        try (Storage.FileLock ignored = storage.lock("LOCK")) {
            before.close();
            assertFails(() -> storage.lock("LOCK"), Kind.LOCKED, "storage.locked", "LOCK");
        }
    }

    private void writeSynced(String name, String content) throws IOException {
        try (WritableFile file = storage.create(name)) {
            append(file, content);
            file.sync();
        }
    }
}
