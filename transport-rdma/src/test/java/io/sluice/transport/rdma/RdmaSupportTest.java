// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.transport.TransportException;
import io.sluice.transport.rdma.verbs.BuiltLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RdmaSupportTest {
    private static final List<String> OPTION = List.of("--add-exports", "java.base/sun.nio.ch=ALL-UNNAMED");

    @BeforeEach
    void needLibrary() throws IOException {
        BuiltLibrary.assumeBuilt();
    }

    @Test
    void shouldNameTheMissingDevice() {
        BuiltLibrary.assumeNoDevice();
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(RdmaSupport::require)
                    .isInstanceOfSatisfying(
                            TransportException.class, e -> assertThat(e.code()).isEqualTo("transport.rdma.device"))
                    .hasMessageContaining("no RDMA here: can't create an event channel: errno 19")
                    .hasMessageContaining("modprobe");
        }
    }

    @Test
    void shouldNameTheMissingOption() throws Exception {
        assertThat(Children.run(Children.Ask.class, List.of(), List.of()))
                .contains("--add-exports java.base/sun.nio.ch=ALL-UNNAMED", "[transport.rdma.option]");
    }

    @Test
    void shouldNameWhatTheLoaderOfLibrariesSaid(@TempDir Path directory) throws Exception {
        // First on the class path: stands for the packed library.
        Path packed = directory.resolve("META-INF/native/linux-x86-64/libdisni.so");
        Files.createDirectories(packed.getParent());
        Files.writeString(packed, "no library at all");
        List<String> options = Stream.concat(OPTION.stream(), Stream.of("-Xbootclasspath/a:" + directory))
                .toList();
        assertThat(Children.run(Children.Ask.class, List.of(), options))
                .contains("the native library can't be loaded", "[transport.rdma.library]");
    }

    @Test
    void shouldLeaveNoFileBehind(@TempDir Path directory) throws Exception {
        List<String> options = Stream.concat(OPTION.stream(), Stream.of("-Djava.io.tmpdir=" + directory))
                .toList();
        Children.run(Children.Ask.class, List.of(), options);
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left.filter(file -> file.getFileName().toString().startsWith("sluice")))
                    .isEmpty();
        }
    }

    @Test
    @Tag("soft-roce")
    void shouldFindTheDevice() {
        assertThatCode(RdmaSupport::require).doesNotThrowAnyException();
        assertThatCode(RdmaSupport::require).doesNotThrowAnyException();
    }
}
