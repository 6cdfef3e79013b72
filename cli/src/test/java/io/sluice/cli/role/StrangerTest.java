// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import static io.sluice.cli.SluiceProcess.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.sluice.cli.Main;
import io.sluice.cli.SluiceProcess;
import io.sluice.cli.config.ConfigDefaults;
import io.sluice.testkit.process.TestProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What strangers do wrong, and what else goes wrong around them: each ends in one clear error and an exit code. */
class StrangerTest {
    private static final String SMALL = "--num=2000";
    private static final String LITTLE_MEMORY = "--db-write-buffer-size=16MiB";

    @TempDir
    private Path directory;

    private String db() {
        return "--db=" + directory.resolve("db");
    }

    /** The same in this JVM, which takes less time than starting one. */
    private static void shouldFail(int exitCode, List<String> command, String... messages) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine commandLine =
                Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err, true));
        ConfigDefaults.install(commandLine, command);
        assertThat(commandLine.execute(command.toArray(String[]::new)))
                .as("%s: %s", command, err)
                .isEqualTo(exitCode);
        assertThat(err.toString()).contains(messages).doesNotContain("report it", "\tat ");
        assertThat(out.toString()).isEmpty();
    }

    private static String nobody() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return "127.0.0.1:" + free.getLocalPort();
        }
    }

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
        shouldFail(2, List.of("memnoed"), "memnoed", "sluice memnode");
        shouldFail(2, List.of(), "Which command?");
    }

    @Test
    void shouldSayThatAPortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            shouldFail(
                    1,
                    SluiceProcess.of("memnode", "--memory", "1MiB", "--listen", address),
                    address,
                    "transport.tcp.bind");
        }
    }

    @Test
    void shouldSayThatAnAddressIsNotThisMachinesOrUnknown() throws Exception {
        String secret = "--secret-file=" + secret("secret", "the cluster's own secret");
        shouldFail(
                1,
                List.of("memnode", "--memory=1MiB", "--listen=192.0.2.1:9091", "--plaintext", secret),
                "192.0.2.1",
                "is the port taken, the address local?");
        shouldFail(
                1,
                List.of("memnode", "--memory=1MiB", "--listen=nobody.invalid:9091", "--plaintext", secret),
                "nobody.invalid",
                "unknown host");
        shouldFail(
                1,
                List.of(
                        "generator",
                        SMALL,
                        LITTLE_MEMORY,
                        db(),
                        "--memnodes=nobody.invalid:9091",
                        "--listen=127.0.0.1:0",
                        "--advertise=127.0.0.1:1",
                        "--connect-timeout=100ms",
                        "--plaintext",
                        secret),
                "memnode nobody.invalid:9091");
        for (String address : List.of("nowhere", "127.0.0.1", "127.0.0.1:99999", ":9091", "127.0.0.1:x")) {
            shouldFail(2, List.of("memnode", "--listen=" + address), "expected HOST:PORT", address);
        }
    }

    @Test
    void shouldSayThatAMemnodeCannotBeReached() throws Exception {
        String nobody = nobody();
        shouldFail(
                1,
                List.of("generator", SMALL, LITTLE_MEMORY, db(), "--memnodes", nobody, "--connect-timeout=300ms"),
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
        shouldFail(2, List.of("memnode", "--memory=1MiB", "--listen", "0.0.0.0:0"), "--secret-file", "openssl rand");
        shouldFail(
                2,
                List.of("generator", db(), "--memnodes", "192.0.2.1:9091"),
                "--listen",
                "can't be reached by workers elsewhere");
    }

    @Test
    void shouldRefuseASecretThatIsMissingEmptyOrOpenToOthers() throws Exception {
        Path open = secret("open", "the cluster's own secret");
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
        Map<Path, String> files = Map.of(
                directory.resolve("none"),
                "can't be read",
                secret("empty", ""),
                "has 0 bytes, expected at least 16",
                open,
                "chmod 600",
                directory,
                "secret file " + directory);
        for (Map.Entry<Path, String> file : files.entrySet()) {
            String option = "--secret-file=" + file.getKey();
            shouldFail(
                    1,
                    List.of("memnode", "--memory=1MiB", "--listen=127.0.0.1:0", option),
                    file.getKey().toString(),
                    file.getValue());
        }
    }

    @Test
    void shouldRefuseNumbersThatAreNoneOrOutOfRange() {
        for (String num : List.of("0", "-1", "99999999999999", "99999999999999999999999", "many", "1.5", "")) {
            shouldFail(2, List.of("generator", db(), "--num=" + num), "--num");
        }
        shouldFail(2, List.of("generator", db(), "--writers=0"), "--writers: expected 1 to 256, found 0");
        shouldFail(2, List.of("generator", db(), "--value-size=-1"), "--value-size");
        shouldFail(2, List.of("generator", db(), "--write-buffer-size=1TiB"), "--write-buffer-size: expected");
        shouldFail(2, List.of("generator", db(), "--flush-deadline=0s"), "--flush-deadline");
        shouldFail(
                2, List.of("generator", db(), "--attempt-deadline=61m"), "--attempt-deadline: expected 1ms to 3600s");
        shouldFail(2, List.of("generator", db(), "--attempt-deadline=0s"), "--attempt-deadline: expected 1ms");
        shouldFail(2, List.of("generator", db(), "--urged-deadline=2h"), "--urged-deadline: expected 0ms to 3600s");
        shouldFail(2, List.of("generator", db(), "--duration=yesterday"), "--duration");
        shouldFail(2, List.of("memnode", "--memory=1KiB"), "--memory: expected 1048576 to");
        shouldFail(2, List.of("worker", "--memnodes=127.0.0.1:1", "--slots=0"), "--slots: expected 1 to 1024");
        shouldFail(2, List.of("worker"), "--memnodes: missing");
        shouldFail(2, List.of("generator"), "--db");
        assertThat(directory.resolve("db")).doesNotExist();
    }

    @Test
    void shouldSayThatADirectoryCannotBeWritten() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "no directory");
        shouldFail(1, List.of("generator", SMALL, LITTLE_MEMORY, "--db", file + "/db"), file.toString());
        shouldFail(1, List.of("demo", SMALL, "--dir", file + "/demo"), file.toString());
        Path full = Files.createDirectory(directory.resolve("full"));
        Files.writeString(full.resolve("file"), "");
        shouldFail(1, List.of("demo", SMALL, "--dir", full.toString()), full.toString(), "is not empty");
        shouldFail(1, List.of("generator", SMALL, LITTLE_MEMORY, "--db=gopher://host/db"), "gopher", "unknown-scheme");
        String ftp = "ftp://" + nobody() + "/db";
        shouldFail(1, List.of("generator", SMALL, LITTLE_MEMORY, "--db=" + ftp), ftp, "storage.bad-uri");
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
        String nobody = "hdfs://" + nobody() + "/db";
        shouldFail(1, List.of("generator", SMALL, LITTLE_MEMORY, "--db", nobody), nobody, "storage.unreachable");
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
        Files.writeString(file, "Memnode: {m1: {class: Memnode, params: {memroy: 1GiB}}}");
        shouldFail(
                2, List.of("memnode", "--config", file.toString()), file + ": Memnode.m1.params.memroy: unknown key");
        Files.writeString(file, "Generator: {g1: {class: Generator, params: {db: " + directory + "/db, num: 0}}}");
        shouldFail(2, List.of("generator", "--config=" + file), file + ": Generator.g1.params.num: expected 1 to");
        shouldFail(2, List.of("memnode", "--config=" + directory), directory.toString());
        shouldFail(2, List.of("memnode", "--config=" + directory + "/none.yaml"), "none.yaml: can't be read");
    }

    @Test
    void shouldSayThatAnInputCannotBeRead() throws Exception {
        Path input = Files.writeString(directory.resolve("a.jsonl"), "{\"k\": 1}\nnonsense\n");
        List<String> load = List.of("generator", db(), LITTLE_MEMORY, "--key-column=k");
        shouldFail(1, with(load, "--input=" + input), input + ", line 2");
        Files.writeString(input, "{\"k\": 1}\n{\"x\": 1}\n");
        shouldFail(1, with(load, "--input=" + input), input + ", line 2", "key column 'k'");
        Files.writeString(input, "");
        shouldFail(1, with(load, "--input=" + input), input + ": has no record (0 bytes)");
        Files.write(input, new byte[] {0x1f, (byte) 0x8b, 0, 0, (byte) 0xff, (byte) 0xfe, 1});
        shouldFail(1, with(load, "--input=" + input), input + ", line 1");
        Path packed = Files.write(directory.resolve("a.csv.gz"), new byte[] {1, 2, 3});
        shouldFail(1, with(load, "--input=" + packed), packed + ": is no gzip file");
        Path csv = Files.write(directory.resolve("a.csv"), new byte[] {'k', '\n', (byte) 0xff, (byte) 0xfe, 0});
        shouldFail(1, with(load, "--input=" + csv), csv + ", line ");
        shouldFail(1, with(load, "--input=none.csv"), "none.csv: no such file");
        Path folder = Files.createDirectory(directory.resolve("folder.csv"));
        shouldFail(1, with(load, "--input=" + folder), folder.toString());
        shouldFail(2, with(load, "--input=" + directory.resolve("a.parquet")), "--input-format");
        shouldFail(2, List.of("generator", db(), "--input=none.csv"), "--key-column");
        shouldFail(2, load, "--key-column: has a meaning only with --input");
    }

    private static List<String> with(List<String> command, String option) {
        return Stream.concat(command.stream(), Stream.of(option)).toList();
    }
}
