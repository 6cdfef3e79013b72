// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretFileTest {
    @TempDir
    private Path directory;

    @BeforeEach
    void needPosix() {
        assumeThat(FileSystems.getDefault().supportedFileAttributeViews())
                .as("files have POSIX permissions here")
                .contains("posix");
    }

    private Path file(String text, String permissions) throws IOException {
        Path file = Files.writeString(directory.resolve("secret"), text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }

    @Test
    void shouldReadWhatOnlyItsOwnerCanRead() throws Exception {
        assertThat(SecretFile.read(file("0123456789abcdef\n", "rw-------")))
                .asString()
                .isEqualTo("0123456789abcdef");
    }

    @Test
    void shouldRefuseWhatOthersCanReadAndNeverShowIt() throws IOException {
        for (String permissions : new String[] {"rw-r-----", "rw----r--", "rw--w----"}) {
            Path file = file("0123456789abcdef", permissions);
            assertThatThrownBy(() -> SecretFile.read(file))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("chmod 600")
                    .hasMessageNotContaining("0123456789abcdef");
        }
    }

    @Test
    void shouldRefuseAMissingShortOrLongSecret() throws IOException {
        assertThatThrownBy(() -> SecretFile.read(directory.resolve("none"))).hasMessageContaining("can't be read");
        Path shortFile = file("short", "rw-------");
        assertThatThrownBy(() -> SecretFile.read(shortFile)).hasMessageContaining("at least 16");
        Path longFile = file("x".repeat(5000), "rw-------");
        assertThatThrownBy(() -> SecretFile.read(longFile)).hasMessageContaining("at most 4096");
    }
}
