// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.sluice.testkit.process.TestProcess;
import io.sluice.transport.tcp.TestAuthority.Issued;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The real nginx, in the foreground, with a configuration of the {@code http} block. */
public final class Nginx implements AutoCloseable {
    private static final Path ROOT = Path.of(System.getProperty("sluice.root"));

    private final TestProcess process;

    /** Its port, on 127.0.0.1. */
    public final int port;

    private Nginx(TestProcess process, int port) {
        this.process = process;
        this.port = port;
    }

    /** The program: installed, or where {@code ./sluice test} unpacks it. Without it the test is left out. */
    private static Path program() {
        List<Path> places = new ArrayList<>();
        Pattern.compile(Pattern.quote(File.pathSeparator))
                .splitAsStream(System.getenv().getOrDefault("PATH", ""))
                .forEach(place -> places.add(Path.of(place)));
        places.add(Path.of("/usr/sbin"));
        places.add(ROOT.resolve("target/test-tools/usr/sbin"));
        List<Path> found = places.stream()
                .map(place -> place.resolve("nginx"))
                .filter(Files::isExecutable)
                .toList();
        assumeThat(found)
                .as("nginx is not here; ./sluice test unpacks Debian's")
                .isNotEmpty();
        return found.get(0);
    }

    /** Skips the test where there is none. */
    public static void assumeIsHere() {
        Path unused = program();
    }

    /** A port that is free on all addresses of the loopback. */
    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** With any configuration of the http block, which listens at {@code port}. */
    public static Nginx start(Path directory, String http, int port) throws IOException {
        Path place = Files.createDirectories(directory.resolve("nginx"));
        StringBuilder text =
                new StringBuilder("pid nginx.pid;\nevents { worker_connections 256; }\nhttp {\naccess_log off;\n");
        for (String kind : List.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) {
            text.append(kind).append("_temp_path ").append(kind).append(";\n");
        }
        Path configuration = Files.writeString(place.resolve("nginx.conf"), text + http + "\n}\n");
        TestProcess process = TestProcess.command(
                        program().toString(),
                        "-p",
                        place + "/",
                        "-c",
                        configuration.toString(),
                        "-e",
                        "stderr",
                        "-g",
                        "daemon off; master_process off;")
                .name("nginx")
                .start();
        Nginx nginx = new Nginx(process, port);
        try {
            await().atMost(Duration.ofSeconds(30)).until(() -> nginx.isListening());
        } catch (RuntimeException e) {
            nginx.close();
            throw new IOException(process.toString(), e);
        }
        return nginx;
    }

    private boolean isListening() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * With the configuration that the project ships, for workers at 127.0.0.11 and 127.0.0.12.
     *
     * @param workerPort the same for both
     */
    public static Nginx asShipped(Path directory, int workerPort) throws IOException {
        int port = freePort();
        TestCertificates ours = TestCertificates.ours();
        Issued own = ours.here();
        String text = Files.readString(ROOT.resolve("packaging/nginx/sluice.conf"));
        for (Map.Entry<String, String> change : List.of(
                Map.entry("server worker1.example:8080;", "server 127.0.0.11:8080;"),
                Map.entry("server worker2.example:8080;", "server 127.0.0.12:8080;"),
                Map.entry("-10_0_", "-127_0_"),
                Map.entry(" 10.0.", " 127.0."),
                Map.entry("8080", String.valueOf(workerPort)),
                Map.entry("listen 443 ", "listen 127.0.0.1:" + port + " "),
                Map.entry("/etc/sluice/proxy.pem", own.certificate().toString()),
                Map.entry("/etc/sluice/proxy.key", own.key().toString()),
                Map.entry("/etc/sluice/ca.pem", ours.authority().toString()),
                Map.entry("worker.sluice", "localhost"))) {
            assertThat(text).contains(change.getKey());
            text = text.replace(change.getKey(), change.getValue());
        }
        return start(directory, text, port);
    }

    @Override
    public void close() {
        process.terminate();
        process.close();
    }
}
