// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import static io.sluice.cli.SluiceProcess.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.sluice.cli.SluiceProcess;
import io.sluice.testkit.process.TestProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What strangers do wrong, and what else goes wrong around them: each ends in one clear error and an exit code. */
class StrangerTest {
    private static final String SMALL = "--num=2000";

    @TempDir
    private Path directory;

    private void shouldFail(int exitCode, TestProcess.Builder command, String... messages) throws Exception {
        try (TestProcess process = command.start()) {
            assertThat(process.awaitExit(LIMIT)).as(process.toString()).isEqualTo(exitCode);
            assertThat(process.err()).contains(messages).doesNotContain("report it");
            assertThat(process.err().lines().reduce((a, b) -> b)).get(STRING).doesNotContain("\tat ");
            assertThat(process.out()).isEmpty();
        }
    }

    private Path secret(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(file, text);
    }

    @Test
    void shouldSayThatAnOptionIsUnknownAndWhichIsLikeIt() throws Exception {
        shouldFail(2, SluiceProcess.of("memnode", "--memroy", "1GiB"), "--memroy", "--memory", "sluice memnode --help");
        shouldFail(2, SluiceProcess.of("memnoed"), "memnoed", "sluice memnode");
    }

    @Test
    void shouldSayThatAPortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            shouldFail(1, SluiceProcess.of("memnode", "--memory", "1MiB", "--listen", address), address);
        }
    }

    @Test
    void shouldSayThatAMemnodeCannotBeReached() throws Exception {
        String nobody;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = "127.0.0.1:" + free.getLocalPort();
        }
        shouldFail(
                1,
                SluiceProcess.of(
                        "generator", SMALL, "--db", directory + "/db", "--memnodes", nobody, "--connect-timeout=1s"),
                "memnode " + nobody,
                "is it running");
        assertThat(directory.resolve("db")).doesNotExist();
    }

    @Test
    void shouldRefuseAPeerWithAnotherSecretAndNeverShowEither() throws Exception {
        Path right = secret("right", "the cluster's own secret");
        Path wrong = secret("wrong", "somebody else's secret");
        try (TestProcess memnode = SluiceProcess.of(
                        "memnode", "--memory", "1MiB", "--listen", "127.0.0.1:0", "--secret-file", right.toString())
                .start()) {
            String address = memnode.awaitOut("ready (.*)", LIMIT).group(1);
            shouldFail(
                    1,
                    SluiceProcess.of("worker", "--memnodes", address, "--secret-file", wrong.toString()),
                    "memnode " + address,
                    "--secret-file");
            shouldFail(
                    1,
                    SluiceProcess.of(
                            "generator",
                            SMALL,
                            "--db",
                            directory + "/db",
                            "--memnodes",
                            address,
                            "--secret-file",
                            wrong.toString()),
                    "memnode " + address,
                    "--secret-file");
            memnode.terminate();
            assertThat(memnode.awaitExit(LIMIT)).isZero();
            assertThat(memnode.err()).doesNotContain("own secret").doesNotContain("else's secret");
        }
    }

    @Test
    void shouldWantASecretOffLoopback() throws Exception {
        shouldFail(2, SluiceProcess.of("memnode", "--listen", "0.0.0.0:0"), "--secret-file", "openssl rand");
        shouldFail(
                2,
                SluiceProcess.of("generator", "--db", directory + "/db", "--memnodes", "192.0.2.1:9091"),
                "--listen",
                "can't be reached by workers elsewhere");
    }

    @Test
    void shouldSayThatADirectoryCannotBeWritten() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "no directory");
        shouldFail(1, SluiceProcess.of("generator", SMALL, "--db", file + "/db"), file.toString());
        shouldFail(1, SluiceProcess.of("demo", SMALL, "--dir", file + "/demo"), file.toString());
    }

    @Test
    void shouldSayThatADiskIsFull() throws Exception {
        Path mount = Files.createDirectory(directory.resolve("small"));
        try (TestProcess mounting = TestProcess.command(
                        "mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", mount.toString())
                .start()) {
            assumeThat(mounting.awaitExit(LIMIT))
                    .as("a small tmpfs can be mounted (as root)")
                    .isZero();
        }
        try {
            shouldFail(
                    1,
                    SluiceProcess.of(
                            "generator",
                            "--db",
                            mount + "/db",
                            "--num=40000",
                            "--compression=NONE",
                            "--max-bgerror-resume-count=0"),
                    "no space is left");
        } finally {
            try (TestProcess unmounting =
                    TestProcess.command("umount", mount.toString()).start()) {
                assertThat(unmounting.awaitExit(LIMIT)).isZero();
            }
        }
    }

    @Test
    void shouldSayThatHdfsIsDown() throws Exception {
        String nobody;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = "hdfs://127.0.0.1:" + free.getLocalPort() + "/db";
        }
        shouldFail(1, SluiceProcess.of("generator", SMALL, "--db", nobody), nobody);
    }

    @Test
    void shouldRefuseASecondGeneratorOnOneDirectory() throws Exception {
        String db = directory + "/db";
        try (TestProcess first = SluiceProcess.of(
                        "generator",
                        "--db",
                        db,
                        "--num=100000000",
                        "--value-size=16",
                        "--writers=1",
                        "--column-families=1")
                .start()) {
            first.awaitErr("writing [1-9]", LIMIT);
            shouldFail(1, SluiceProcess.of("generator", SMALL, "--db", db), db);
        }
    }

    @Test
    void shouldNameTheFileAndThePathOfAWrongConfiguration() throws Exception {
        Path file = Files.writeString(
                directory.resolve("sluice.yaml"), "Memnode: {m1: {class: Memnode, params: {memory: much}}}");
        shouldFail(
                2,
                SluiceProcess.of("memnode", "--config", file.toString()),
                file + ": Memnode.m1.params.memory: expected a size");
    }

    @Test
    void shouldSayThatAnInputCannotBeRead() throws Exception {
        Path input = Files.writeString(directory.resolve("a.jsonl"), "{\"k\": 1}\nnonsense\n");
        shouldFail(
                1,
                SluiceProcess.of(
                        "generator", "--db", directory + "/db", "--input", input.toString(), "--key-column", "k"),
                input + ", line 2");
        shouldFail(
                1,
                SluiceProcess.of("generator", "--db", directory + "/db", "--input", "none.csv", "--key-column", "k"),
                "none.csv");
        shouldFail(2, SluiceProcess.of("generator", "--db", directory + "/db", "--input", "none.csv"), "--key-column");
    }
}
