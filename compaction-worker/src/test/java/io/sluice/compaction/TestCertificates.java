// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction;

import io.sluice.config.PemTls;
import io.sluice.testkit.process.TestProcess;
import io.sluice.transport.tcp.TestAuthority;
import io.sluice.transport.tcp.TestAuthority.Issued;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;

/** Certificates as {@code ./sluice certs} makes them, made when they are first wanted. They go with the JVM. */
public final class TestCertificates {
    private static final Map<String, TestCertificates> AUTHORITIES = new HashMap<>();

    private final TestAuthority authority;
    private final Map<String, Issued> issued = new HashMap<>();

    private TestCertificates(TestAuthority authority) {
        this.authority = authority;
    }

    /** Those of the tests' own authority. */
    public static TestCertificates ours() {
        return of("ours");
    }

    /** Those of an authority that nobody knows. */
    public static TestCertificates theirs() {
        return of("theirs");
    }

    private static synchronized TestCertificates of(String name) {
        return AUTHORITIES.computeIfAbsent(name, n -> {
            try {
                Path directory = Files.createTempDirectory("sluice-https-");
                Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory)));
                return new TestCertificates(TestAuthority.open(directory, name, TestCertificates::keytool));
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
            throw new UncheckedIOException(e);
        }
    }

    /** The authority's certificate. */
    public Path authority() {
        return authority.certificate();
    }

    /** For this machine. */
    public Issued here() {
        return issue("here", "localhost", "127.0.0.1");
    }

    /** For a machine that is not this one. */
    public Issued elsewhere() {
        return issue("elsewhere", "elsewhere.example");
    }

    private synchronized Issued issue(String name, String... hosts) {
        return issued.computeIfAbsent(name, n -> {
            try {
                return authority.issueFor(List.of("worker"), name, List.of(hosts));
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** What a side has that shows one of these, and believes this authority. */
    public SSLContext context(Issued own) {
        return PemTls.of(own.certificate(), own.key(), authority());
    }

    /** What a side has that shows none. */
    public SSLContext context() {
        return PemTls.believing(authority());
    }
}
