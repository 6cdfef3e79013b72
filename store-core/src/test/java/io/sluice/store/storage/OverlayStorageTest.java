// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.StoreException;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OverlayStorageTest {
    private final MemoryStorage beneath = new MemoryStorage("beneath");
    private final OverlayStorage overlay = new OverlayStorage(beneath, name -> !name.startsWith("owner"));

    @BeforeEach
    void fill() throws IOException {
        write(beneath, "CURRENT", "one");
        write(beneath, "1.sst", "table");
        beneath.createDirectory("owner-1");
        write(beneath, "owner-1/2.sst", "unfinished");
    }

    private static void write(Storage storage, String name, String text) throws IOException {
        byte[] bytes = text.getBytes(UTF_8);
        try (WritableFile file = storage.create(name)) {
            file.append(new UnsafeBuffer(bytes), 0, bytes.length);
        }
    }

    private static String read(Storage storage, String name) throws IOException {
        try (ReadableFile file = storage.open(name)) {
            byte[] bytes = new byte[(int) file.length()];
            file.read(0, new UnsafeBuffer(bytes), 0, bytes.length);
            assertThat(storage.length(name)).isEqualTo(bytes.length);
            return new String(bytes, UTF_8);
        }
    }

    private void shouldBeAsBefore() throws IOException {
        assertThat(beneath.list("")).containsExactlyInAnyOrder("CURRENT", "1.sst", "owner-1");
        assertThat(read(beneath, "CURRENT")).isEqualTo("one");
        assertThat(read(beneath, "1.sst")).isEqualTo("table");
        assertThat(beneath.list("owner-1")).containsExactly("2.sst");
    }

    @Test
    void shouldShowTheFilesBeneathAndNoDirectory() throws IOException {
        assertThat(overlay.list("")).containsExactly("1.sst", "CURRENT");
        assertThat(read(overlay, "1.sst")).isEqualTo("table");
        assertThat(overlay.exists("owner-1")).isFalse();
        assertThat(overlay.exists("owner-1/2.sst")).isFalse();
        assertThat(overlay.createDirectory("owner-1")).isTrue();
        assertThat(overlay.list("owner-1")).isEmpty();
        assertThat(overlay.uri()).isEqualTo(beneath.uri());
    }

    @Test
    void shouldKeepChangesToItself() throws IOException {
        overlay.createDirectory("owner-1");
        write(overlay, "owner-1/CURRENT", "two");
        overlay.replace("owner-1/CURRENT", "CURRENT");
        write(overlay, "3.sst", "new");
        assertThat(overlay.delete("1.sst")).isTrue();
        assertThat(overlay.delete("1.sst")).isFalse();

        assertThat(overlay.list("")).containsExactly("3.sst", "CURRENT", "owner-1");
        assertThat(read(overlay, "CURRENT")).isEqualTo("two");
        assertThatThrownBy(() -> overlay.open("1.sst")).isInstanceOf(StoreException.class);
        write(overlay, "1.sst", "again");
        assertThat(read(overlay, "1.sst")).isEqualTo("again");
        assertThat(overlay.delete("CURRENT")).isTrue();
        assertThat(overlay.exists("CURRENT")).isFalse();
        shouldBeAsBefore();
    }

    @Test
    void shouldShowWhatIsRenamedUnderItsNewName() throws IOException {
        overlay.createDirectory("away");
        overlay.rename("1.sst", "away/9.sst");
        assertThat(overlay.exists("1.sst")).isFalse();
        assertThat(read(overlay, "away/9.sst")).isEqualTo("table");
        overlay.rename("away/9.sst", "4.sst");
        assertThat(overlay.list("")).containsExactly("4.sst", "CURRENT", "away");
        overlay.replace("4.sst", "CURRENT");
        assertThat(read(overlay, "CURRENT")).isEqualTo("table");
        assertThat(overlay.exists("4.sst")).isFalse();
        shouldBeAsBefore();
    }

    @Test
    void shouldRefuseToPutOneFileInThePlaceOfAnother() {
        assertThatThrownBy(() -> overlay.create("CURRENT")).isInstanceOf(StoreException.class);
        assertThatThrownBy(() -> overlay.rename("1.sst", "CURRENT")).isInstanceOf(StoreException.class);
        assertThatThrownBy(() -> overlay.rename("none", "other")).isInstanceOf(StoreException.class);
        assertThatThrownBy(() -> overlay.create("missing/file")).isInstanceOf(StoreException.class);
    }
}
