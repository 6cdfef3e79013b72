// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPairGenerator;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong with files for TLS; with right ones it is tested where it is used. */
class PemTlsTest {
    @TempDir
    private Path directory;

    private Path file(String name, String text) throws IOException {
        Path file = Files.writeString(directory.resolve(name), text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private static String key(String type) throws Exception {
        byte[] encoded = KeyPairGenerator.getInstance("EC")
                .generateKeyPair()
                .getPrivate()
                .getEncoded();
        String base64 = Base64.getMimeEncoder().encodeToString(encoded);
        return "-----BEGIN " + type + "-----\n" + base64 + "\n-----END " + type + "-----\n";
    }

    @Test
    void shouldNameTheFileThatIsWrongAndShowNothingOfIt() throws Exception {
        Path key = file("own.key", key("PRIVATE KEY"));
        Path nothing = directory.resolve("nothing.pem");
        assertThatThrownBy(() -> PemTls.of(nothing, key, null))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("nothing.pem")
                .hasMessageContaining("can't be read");
        Path garbage = file("garbage.pem", "a secret that is no certificate");
        assertThatThrownBy(() -> PemTls.of(garbage, key, null))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("garbage.pem")
                .hasMessageContaining("PEM")
                .hasMessageNotContaining("secret that");
        assertThatThrownBy(() -> PemTls.believing(garbage)).hasMessageContaining("garbage.pem");
        assertThatThrownBy(() -> PemTls.believing(file("empty.pem", ""))).hasMessageContaining("found none");
        assertThatThrownBy(() -> PemTls.believing(file("huge.pem", "x".repeat((1 << 20) + 1))))
                .hasMessageContaining("bytes");
    }

    @Test
    void shouldRefuseAKeyThatOthersMayUse() throws Exception {
        Path key = file("own.key", key("PRIVATE KEY"));
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
        assertThatThrownBy(() -> PemTls.of(directory.resolve("own.pem"), key, null))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("own.key")
                .hasMessageContaining("chmod 600");
    }

    @Test
    void shouldBelieveTheJvmsAuthoritiesWhereNoneAreNamed() {
        assertThat(PemTls.believing(null).getSupportedSSLParameters().getProtocols())
                .contains("TLSv1.3");
    }
}
