// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import static io.sluice.cli.SluiceProcess.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.cli.SluiceProcess;
import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.DBOptions;
import io.sluice.store.Store;
import io.sluice.testkit.process.TestProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Memnode, workers and generator, each a JVM of its own: they find each other, and stop in order. */
class RolesTest {
    @TempDir
    private Path directory;

    private final String memnode = freeAddress();

    private static String freeAddress() {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return "127.0.0.1:" + free.getLocalPort();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private TestProcess startMemnode() throws IOException {
        return SluiceProcess.of("memnode", "--listen", memnode, "--memory", "64MiB")
                .start();
    }

    private TestProcess startWorker(String name) throws IOException {
        return SluiceProcess.of("worker", "--name", name, "--memnodes", memnode, "--memory", "64MiB")
                .start();
    }

    /** Writes until it is stopped, and logs who built each SST. */
    private TestProcess startGenerator(String... args) throws IOException {
        return SluiceProcess.of(
                        "generator",
                        "--db=" + directory.resolve("db"),
                        "--memnodes=" + memnode,
                        "--num=100000000",
                        "--writers=1",
                        "--write-buffer-size=1MiB",
                        "--connect-timeout=1m",
                        "--json")
                .args(args)
                .environment("SLUICE_LOG", "debug")
                .start();
    }

    private static long built(TestProcess generator, String builder) {
        return generator
                .err()
                .lines()
                .filter(line -> line.contains("built by " + builder + ":"))
                .count();
    }

    private static void awaitMoreBuiltBy(TestProcess generator, String builder) {
        long before = built(generator, builder);
        await().atMost(LIMIT)
                .failFast("the generator ended", () -> !generator.isAlive())
                .until(() -> built(generator, builder) > before);
    }

    private static void stop(TestProcess role) throws InterruptedException {
        role.terminate();
        assertThat(role.awaitExit(LIMIT)).as(role.toString()).isZero();
        assertThat(role.err()).contains("stopping").doesNotContain("did not stop");
    }

    @Test
    @Tag("A2")
    void shouldConvergeWhateverStartsFirstAndAfterARestartOfEachRole() throws Exception {
        try (TestProcess generator = startGenerator("--column-families=1");
                TestProcess worker = startWorker("w1")) {
            generator.awaitErr("waiting for one of", LIMIT);
            try (TestProcess first = startMemnode()) {
                worker.awaitOut("ready w1", LIMIT);
                awaitMoreBuiltBy(generator, "w1");
                first.kill();
                first.awaitExit(LIMIT);
            }
            try (TestProcess second = startMemnode()) {
                second.awaitOut("ready", LIMIT);
                awaitMoreBuiltBy(generator, "w1");

                worker.kill();
                worker.awaitExit(LIMIT);
                try (TestProcess workerAgain = startWorker("w1")) {
                    workerAgain.awaitOut("ready w1", LIMIT);
                    awaitMoreBuiltBy(generator, "w1");

                    generator.kill();
                    generator.awaitExit(LIMIT);
                    try (TestProcess generatorAgain = startGenerator("--column-families=1")) {
                        awaitMoreBuiltBy(generatorAgain, "w1");
                    }
                }
            }
        }
    }

    @Test
    @Tag("A40")
    void shouldStopEachRoleInOrderAndLoseNothing() throws Exception {
        JsonNode report;
        try (TestProcess node = startMemnode();
                TestProcess first = startWorker("w1");
                TestProcess second = startWorker("w2");
                TestProcess generator = startGenerator("--column-families=4")) {
            awaitMoreBuiltBy(generator, "w1");
            awaitMoreBuiltBy(generator, "w2");

            stop(first);
            assertThat(generator.err())
                    .as("a stopping worker finishes what it has")
                    .doesNotContain("WORKER_LOST", "WORKER_ERROR");
            node.awaitErr("worker w1 has stopped", LIMIT);
            awaitMoreBuiltBy(generator, "w2");

            stop(node);
            awaitMoreBuiltBy(generator, "local");

            stop(generator);
            report = new ObjectMapper().readTree(generator.out());
            stop(second);
        }
        assertThat(report.get("workers").fieldNames()).toIterable().containsExactly("w1", "w2");
        assertThat(report.get("flushes_failed").asLong()).isZero();
        assertThat(entries()).isEqualTo(report.get("writes").asLong()).isPositive();
    }

    /** Entries of all tables, as their properties tell. Each key was written once. */
    private long entries() throws IOException {
        long entries = 0;
        try (Store store = Store.open(DBOptions.DEFAULT, directory.resolve("db"))) {
            for (ColumnFamilyHandle columnFamily : store.columnFamilies()) {
                for (Map<String, String> table :
                        store.propertiesOfAllTables(columnFamily).values()) {
                    entries += Long.parseLong(table.getOrDefault("rocksdb.num.entries", "0"));
                }
            }
        }
        return entries;
    }
}
