// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every storage does. A subclass gives an empty one for each test, its root not yet made. */
public abstract class StorageContract {
    /** The storage under test. */
    protected Storage storage;

    /** A fresh storage. */
    protected abstract Storage newStorage() throws IOException;

    @BeforeEach
    void openStorage() throws IOException {
        storage = newStorage();
        storage.createRoot();
    }

    @AfterEach
    void closeStorage() throws IOException {
        storage.close();
    }

    @Test
    void shouldReadBackWhatWasWritten() throws IOException {
        byte[] data = randomBytes(300_000);
        try (WritableFile file = storage.create("a")) {
            int position = 0;
            for (int step = 1; position < data.length; step = step * 3 + 1) {
                int count = Math.min(step, data.length - position);
                file.append(new UnsafeBuffer(data), position, count);
                position += count;
                assertThat(file.position()).isEqualTo(position);
            }
        }
        assertThat(storage.length("a")).isEqualTo(data.length);
        assertThat(read("a")).isEqualTo(data);
    }

    @Test
    void shouldAppendFromAndReadIntoDirectMemoryAtAnOffset() throws IOException {
        byte[] data = randomBytes(200_000);
        UnsafeBuffer direct = new UnsafeBuffer(ByteBuffer.allocateDirect(data.length + 16), 8, data.length + 8);
        direct.putBytes(5, data, 0, data.length - 5);
        try (WritableFile file = storage.create("a")) {
            file.append(direct, 5, data.length - 5);
            file.append(direct, 5, 100);
        }
        UnsafeBuffer target = new UnsafeBuffer(ByteBuffer.allocateDirect(data.length + 200));
        try (ReadableFile file = storage.open("a")) {
            assertThat(file.length()).isEqualTo(data.length + 95);
            file.read(0, target, 7, data.length + 95);
            byte[] found = new byte[data.length - 5];
            target.getBytes(7, found);
            assertThat(found).isEqualTo(Arrays.copyOf(data, data.length - 5));
            file.read(data.length - 5, target, 3, 100);
            byte[] tail = new byte[100];
            target.getBytes(3, tail);
            assertThat(tail).isEqualTo(Arrays.copyOf(data, 100));
        }
    }

    @Test
    void shouldShowWhatWasFlushedOrSyncedWhileTheFileIsOpen() throws IOException {
        try (WritableFile file = storage.create("log")) {
            append(file, "one");
            file.flush();
            assertThat(read("log")).isEqualTo("one".getBytes(UTF_8));
            append(file, "two");
            file.sync();
            assertThat(read("log")).isEqualTo("onetwo".getBytes(UTF_8));
        }
    }

    @Test
    void shouldNameFileAndPlaceWhereAReadIsBeyondTheEnd() throws IOException {
        write("dir-less", "12345");
        try (ReadableFile file = storage.open("dir-less")) {
            UnsafeBuffer target = new UnsafeBuffer(new byte[10]);
            assertThatThrownBy(() -> file.read(3, target, 0, 4))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("dir-less")
                    .hasMessageContaining("offset 3")
                    .hasMessageContaining("storage.short-read");
            assertThatThrownBy(() -> file.read(Long.MAX_VALUE - 1, target, 0, 4))
                    .isInstanceOf(StoreException.class);
            assertThatThrownBy(() -> file.read(-1, target, 0, 1)).isInstanceOf(StoreException.class);
        }
    }

    @Test
    void shouldRefuseToCreateAFileThatExists() throws IOException {
        write("a", "first");
        assertFails(() -> storage.create("a"), Kind.INVALID_ARGUMENT, "storage.exists", "a");
        assertThat(read("a")).isEqualTo("first".getBytes(UTF_8));
    }

    @Test
    void shouldNeverMakeParents() throws IOException {
        assertFails(() -> storage.create("gone/a"), Kind.NOT_FOUND, "storage.not-found", "gone/a");
        assertFails(() -> storage.createDirectory("gone/d"), Kind.NOT_FOUND, "storage.not-found", "gone/d");
        write("a", "x");
        assertFails(() -> storage.rename("a", "gone/a"), Kind.NOT_FOUND, "storage.not-found", "gone/a");
        assertThat(storage.exists("gone")).isFalse();
        assertThat(storage.exists("a")).isTrue();
    }

    @Test
    void shouldFailCreatingInADirectoryThatWasRenamedAway() throws IOException {
        storage.createDirectory("owner-1");
        storage.rename("owner-1", "deposed-1");
        assertFails(() -> storage.create("owner-1/a"), Kind.NOT_FOUND, "storage.not-found", "owner-1/a");
    }

    @Test
    void shouldTellWhatIsMissing() {
        assertFails(() -> storage.open("no"), Kind.NOT_FOUND, "storage.not-found", "no");
        assertFails(() -> storage.length("no"), Kind.NOT_FOUND, "storage.not-found", "no");
        assertFails(() -> storage.list("no"), Kind.NOT_FOUND, "storage.not-found", "no");
        assertFails(() -> storage.rename("no", "b"), Kind.NOT_FOUND, "storage.not-found", "no");
        assertFails(() -> storage.replace("no", "b"), Kind.NOT_FOUND, "storage.not-found", "no");
        assertFails(() -> storage.seal("no"), Kind.NOT_FOUND, "storage.not-found", "no");
    }

    @Test
    void shouldListEntriesOfOneDirectoryOnly() throws IOException {
        storage.createDirectory("d");
        storage.createDirectory("d/e");
        write("a", "");
        write("d/b", "");
        assertThat(storage.list("")).containsExactlyInAnyOrder("a", "d");
        assertThat(storage.list("d")).containsExactlyInAnyOrder("b", "e");
        assertThat(storage.list("d/e")).isEmpty();
    }

    @Test
    void shouldTellWhoMadeADirectoryFirst() throws IOException {
        assertThat(storage.createDirectory("d")).isTrue();
        write("d/a", "x");
        assertThat(storage.createDirectory("d")).isFalse();
        assertThat(storage.list("d")).containsExactly("a");
        assertThat(storage.list("")).containsExactly("d");
    }

    @Test
    void shouldRenameOnlyOntoFreeNames() throws IOException {
        write("a", "a");
        write("b", "b");
        storage.createDirectory("d");
        storage.createDirectory("empty");
        assertFails(() -> storage.rename("a", "b"), Kind.INVALID_ARGUMENT, "storage.exists", "b");
        assertFails(() -> storage.rename("a", "empty"), Kind.INVALID_ARGUMENT, "storage.exists", "empty");
        assertFails(() -> storage.rename("d", "empty"), Kind.INVALID_ARGUMENT, "storage.exists", "empty");
        storage.rename("a", "d/c");
        assertThat(read("d/c")).isEqualTo("a".getBytes(UTF_8));
        assertThat(read("b")).isEqualTo("b".getBytes(UTF_8));
        assertThat(storage.list("")).containsExactlyInAnyOrder("b", "d", "empty");
    }

    @Test
    void shouldReplaceOneFileByAnother() throws IOException {
        write("CURRENT", "old");
        write("new", "new");
        storage.replace("new", "CURRENT");
        assertThat(read("CURRENT")).isEqualTo("new".getBytes(UTF_8));
        assertThat(storage.exists("new")).isFalse();
        storage.replace("CURRENT", "elsewhere");
        assertThat(read("elsewhere")).isEqualTo("new".getBytes(UTF_8));
    }

    @Test
    void shouldGoOnWritingAFileThatIsRenamed() throws IOException {
        storage.createDirectory("owner-1");
        try (WritableFile file = storage.create("owner-1/log")) {
            append(file, "before ");
            file.sync();
            storage.rename("owner-1/log", "log");
            storage.rename("owner-1", "deposed-1");
            append(file, "after");
            file.sync();
            assertThat(read("log")).isEqualTo("before after".getBytes(UTF_8));
        }
        assertThat(read("log")).isEqualTo("before after".getBytes(UTF_8));
    }

    @Test
    void shouldDelete() throws IOException {
        write("a", "x");
        assertThat(storage.delete("a")).isTrue();
        assertThat(storage.delete("a")).isFalse();
        assertThat(storage.exists("a")).isFalse();
        storage.createDirectory("d");
        storage.createDirectory("d/e");
        write("d/e/f", "x");
        assertFails(() -> storage.delete("d"), Kind.INVALID_ARGUMENT, "storage.exists", "d");
        assertThat(storage.deleteRecursively("d")).isTrue();
        assertThat(storage.deleteRecursively("d")).isFalse();
        assertThat(storage.list("")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "/etc/passwd",
                "..",
                "../a",
                "a/../b",
                "a/..",
                ".",
                "./a",
                "a//b",
                "a/",
                "a\u0000b",
                "a\nb",
                "a\\b",
                "hdfs://x/y"
            })
    void shouldRefuseBadNames(String name) {
        assertFails(() -> storage.create(name), Kind.INVALID_ARGUMENT, "storage.bad-name", "");
        assertFails(() -> storage.open(name), Kind.INVALID_ARGUMENT, "storage.bad-name", "");
        assertFails(() -> storage.createDirectory(name), Kind.INVALID_ARGUMENT, "storage.bad-name", "");
        assertFails(() -> storage.rename("a", name), Kind.INVALID_ARGUMENT, "storage.bad-name", "");
        assertFails(() -> storage.deleteRecursively(name), Kind.INVALID_ARGUMENT, "storage.bad-name", "");
    }

    @Test
    void shouldLockOncePerFile() throws IOException {
        try (Storage.FileLock ignored = storage.lock("LOCK")) {
            assertFails(() -> storage.lock("LOCK"), Kind.LOCKED, "storage.locked", "LOCK");
        }
        storage.lock("LOCK").close();
    }

    @Test
    void shouldKeepTheFirstErrorsOfAClosedFile() throws IOException {
        WritableFile file = storage.create("a");
        file.close();
        file.close();
        assertFails(() -> append(file, "x"), Kind.CLOSED, "storage.closed", "a");
    }

    @Test
    void shouldSealAFileThatIsClosed() throws IOException {
        write("a", "123");
        storage.seal("a");
        assertThat(storage.length("a")).isEqualTo(3);
    }

    @Test
    void shouldTellTheTrueCrcOrNone() throws IOException {
        byte[] data = randomBytes(3_000_000);
        try (WritableFile file = storage.create("a")) {
            file.append(new UnsafeBuffer(data), 0, data.length);
        }
        CRC32C crc = new CRC32C();
        crc.update(data);
        storage.crc32c("a").ifPresent(found -> assertThat(found).isEqualTo(crc.getValue()));
    }

    @Test
    void shouldSyncDirectories() throws IOException {
        storage.createDirectory("d");
        storage.syncDirectory("");
        storage.syncDirectory("d");
        assertFails(() -> storage.syncDirectory("no"), Kind.NOT_FOUND, "storage.not-found", "no");
    }

    /** Writes a whole file. */
    protected final void write(String name, String content) throws IOException {
        try (WritableFile file = storage.create(name)) {
            append(file, content);
        }
    }

    @Test
    void shouldFinishWhatAnInterruptedThreadWritesAndKeepItsInterrupt() throws IOException {
        storage.createRoot();
        try (WritableFile file = storage.create("log")) {
            append(file, "first");
            file.flush();
            Thread.currentThread().interrupt();
            append(file, "second");
            file.flush();
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(new String(read("log"), UTF_8)).isEqualTo("firstsecond");
    }

    /** Reads a whole file. */
    protected final byte[] read(String name) throws IOException {
        return read(storage, name);
    }

    static byte[] read(Storage storage, String name) throws IOException {
        try (ReadableFile file = storage.open(name)) {
            byte[] bytes = new byte[(int) file.length()];
            file.read(0, new UnsafeBuffer(bytes), 0, bytes.length);
            return bytes;
        }
    }

    static void append(WritableFile file, String content) throws IOException {
        byte[] bytes = content.getBytes(UTF_8);
        file.append(new UnsafeBuffer(bytes), 0, bytes.length);
    }

    /** Asserts kind, code and that the message names {@code file}. */
    protected static void assertFails(ThrowingCallable call, Kind kind, String code, String file) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(StoreException.class, e -> {
                    assertThat(e.kind()).as(e.getMessage()).isEqualTo(kind);
                    assertThat(e.code()).isEqualTo(code);
                })
                .hasMessageContaining(file);
    }

    private static byte[] randomBytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }
}
