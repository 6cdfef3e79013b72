// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.testkit.process.TestProcess;
import io.sluice.transport.tcp.TestAuthority.Issued;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;

/** Certificates for tests, made when they are first wanted: keytool takes its time. They go with the JVM. */
final class TlsCertificates {
    private static final List<String> ROLES = List.of("client", "contract", "generator", "memnode", "worker");
    private static final Map<String, TlsCertificates> AUTHORITIES = new HashMap<>();

    private final TestAuthority authority;
    private final Map<String, Issued> issued = new HashMap<>();

    private TlsCertificates(TestAuthority authority) {
        this.authority = authority;
    }

    /** Those of the tests' own authority. */
    static TlsCertificates ours() {
        return of("ours");
    }

    /** Those of an authority that the tests' own side does not know. */
    static TlsCertificates theirs() {
        return of("theirs");
    }

    private static synchronized TlsCertificates of(String name) {
        return AUTHORITIES.computeIfAbsent(name, n -> {
            try {
                Path directory = Files.createTempDirectory("sluice-tls-");
                Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory)));
                return new TlsCertificates(TestAuthority.open(directory, name, TlsCertificates::keytool));
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static void keytool(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(arguments);
        command.add(
                0, Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        try (TestProcess process =
                TestProcess.command(command.toArray(String[]::new)).start()) {
            if (process.awaitExit(Duration.ofSeconds(60)) != 0) {
                throw new IOException(process.toString());
            }
        }
    }

    private static void delete(Path directory) {
        try (var files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(directory);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    Path authority() {
        return authority.certificate();
    }

    private synchronized Issued issue(List<String> roles, String name, String... validity) {
        return issued.computeIfAbsent(roles + "/" + name, subject -> {
            try {
                return validity.length > 0 ? authority.issue(roles, name, validity) : authority.issue(roles, name);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** For one name in one role. */
    Issued files(String role, String name) {
        return issue(List.of(role), name);
    }

    /** For every name in every role of the tests. */
    Issued files() {
        return issue(ROLES, "*");
    }

    /** As {@link #files()}, of the day before yesterday, for that day. */
    Issued expired() {
        List<String> roles = new ArrayList<>(ROLES);
        roles.add("expired");
        return issue(roles, "*", "-startdate", "-2d", "-validity", "1");
    }

    /** For every name in every role; believes this authority. */
    SSLContext context() throws IOException {
        return believing(this);
    }

    /** For one name in one role; believes this authority. */
    SSLContext context(String role, String name) throws IOException {
        Issued files = files(role, name);
        return TlsFiles.pem(files.certificate(), files.key(), authority()).context();
    }

    /** For every name in every role; believes another authority. */
    SSLContext believing(TlsCertificates other) throws IOException {
        return TlsFiles.pem(files().certificate(), files().key(), other.authority())
                .context();
    }
}
