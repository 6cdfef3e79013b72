// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.cli.Main;
import io.sluice.cli.config.ConfigDefaults;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Certificates of {@code ./sluice certs}, and what the roles say of those that are wrong. */
class CertsCommandTest {
    @TempDir
    private static Path directory;

    private static Path certs;
    private static Path secret;

    @BeforeAll
    static void makeCertificates() throws IOException {
        certs = directory.resolve("certs");
        secret = directory.resolve("secret");
        Files.createFile(secret, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(secret, "the cluster's own secret");
        assertThat(run(0, "certs", "--dir=" + certs, "memnode/m1", "worker/*"))
                .contains("memnode/m1: --tls-certificate-file " + certs.resolve("memnode-m1.pem"))
                .contains("worker/*: --tls-certificate-file " + certs.resolve("worker-any.pem"));
    }

    /** What it says, on stdout where all is well, else on stderr. */
    private static String run(int exitCode, String... command) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine commandLine =
                Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err, true));
        ConfigDefaults.install(commandLine, List.of(command));
        assertThat(commandLine.execute(command)).as("%s: %s", command, err).isEqualTo(exitCode);
        assertThat(err.toString()).doesNotContain("report it");
        return exitCode == 0 ? out.toString() : err.toString();
    }

    /** A memnode off loopback, at an address that is not this machine's: with good options, that is what it says. */
    private static String memnode(int exitCode, String... options) {
        List<String> command = new ArrayList<>(
                List.of("memnode", "--name=m1", "--memory=1MiB", "--listen=192.0.2.1:9091", "--secret-file=" + secret));
        command.addAll(List.of(options));
        return run(exitCode, command.toArray(String[]::new));
    }

    private static String[] files(String certificate, String key) {
        return new String[] {
            "--tls-certificate-file=" + certs.resolve(certificate),
            "--tls-key-file=" + certs.resolve(key),
            "--tls-ca-file=" + certs.resolve("ca.pem")
        };
    }

    @Test
    void shouldWantTlsOffLoopbackUnlessItIsDeclined() {
        assertThat(memnode(2))
                .contains("--tls-certificate-file: missing: 192.0.2.1:9091", "./sluice certs", "--plaintext");
        assertThat(memnode(1, "--plaintext")).contains("transport.tcp.bind");
        assertThat(memnode(1, files("memnode-m1.pem", "memnode-m1.key"))).contains("transport.tcp.bind");
    }

    @Test
    void shouldTakeAKeyStoreToo() throws IOException {
        Path store = certs.resolve("ca.p12");
        Files.setPosixFilePermissions(store, PosixFilePermissions.fromString("rw-------"));
        String[] options = {
            "--tls-keystore-file=" + store,
            "--tls-keystore-password-file=" + certs.resolve("ca.password"),
            "--tls-ca-file=" + certs.resolve("ca.pem")
        };
        // The authority's own certificate comes first there, and is for no role.
        assertThat(memnode(1, options)).contains("ca.p12", "expected OU=memnode and CN=m1");
        assertThat(memnode(2, options[0], options[2])).contains("--tls-keystore-password-file: missing");
        assertThat(memnode(1, options[0], "--tls-keystore-password-file=" + secret, options[2]))
                .contains("no PKCS#12 that opens with this password");
    }

    @Test
    void shouldSayWhatIsWrongWithTheFiles() throws IOException {
        String[] right = files("memnode-m1.pem", "memnode-m1.key");
        assertThat(memnode(2, right[0], right[2])).contains("--tls-key-file: missing");
        assertThat(memnode(2, right[0], right[1])).contains("--tls-ca-file: missing");
        assertThat(memnode(1, files("memnode-m1.pem", "none.key"))).contains("none.key", "can't be read");
        assertThat(memnode(1, files("none.pem", "memnode-m1.key"))).contains("none.pem", "can't be read");
        assertThat(memnode(1, files("memnode-m1.pem", "worker-any.key"))).contains("do not belong together");
        assertThat(memnode(1, files("worker-any.pem", "worker-any.key")))
                .contains("is for CN=*,OU=worker,O=sluice", "expected OU=memnode and CN=m1");
        assertThat(memnode(1, files("ca.password", "memnode-m1.key"))).contains("expected certificates in PEM");
        Path encrypted = certs.resolve("encrypted.key");
        Files.copy(certs.resolve("memnode-m1.key"), encrypted, StandardCopyOption.COPY_ATTRIBUTES);
        Files.writeString(encrypted, Files.readString(encrypted).replace("PRIVATE", "ENCRYPTED PRIVATE"));
        assertThat(memnode(1, files("memnode-m1.pem", "encrypted.key"))).contains("openssl pkcs8 -topk8 -nocrypt");
        Path open = certs.resolve("open.key");
        Files.copy(certs.resolve("memnode-m1.key"), open);
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(memnode(1, files("memnode-m1.pem", "open.key"))).contains("chmod 600");
    }

    @Test
    void shouldNameHostsForHttps() throws Exception {
        run(0, "certs", "--dir=" + certs, "--hosts=w1.example,*.pool.example,10.0.0.7,fd00::7", "worker/w1");
        X509Certificate certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(Files.newInputStream(certs.resolve("worker-w1.pem")));
        assertThat(certificate.getSubjectAlternativeNames().stream().map(name -> String.valueOf(name.get(1))))
                .containsExactly("w1.example", "*.pool.example", "10.0.0.7", "fd00:0:0:0:0:0:0:7");
        assertThat(run(2, "certs", "--dir=" + certs, "--hosts=a,ip:b@c", "worker/w2"))
                .contains("expected a host's name or address");
    }

    @Test
    void shouldKeepKeysToTheirOwner() throws IOException {
        for (String file : List.of("ca.password", "memnode-m1.key", "worker-any.key")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(certs.resolve(file))))
                    .isEqualTo("rw-------");
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(certs)))
                .isEqualTo("rwx------");
    }

    @Test
    void shouldRefuseWhatIsNoNameOrIsThereAlready() {
        assertThat(run(2, "certs", "--dir=" + certs, "memnode")).contains("expected ROLE/NAME", "'memnode'");
        assertThat(run(2, "certs", "--dir=" + certs, "memnode/../x")).contains("expected ROLE/NAME");
        assertThat(run(1, "certs", "--dir=" + certs, "memnode/m1")).contains("memnode-m1.pem is there already");
    }
}
