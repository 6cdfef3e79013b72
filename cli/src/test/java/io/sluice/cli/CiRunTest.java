// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli;

import static io.sluice.cli.SluiceProcess.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testkit.process.TestProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code .ci/run}, with a launcher that only leaves reports. */
class CiRunTest {
    @TempDir
    private Path root;

    private ShellStubs stubs;

    @BeforeEach
    void copyScript() throws IOException {
        stubs = new ShellStubs(root.resolve("bin"), List.of("bash", "dirname", "find", "sed", "awk"));
        stubs.program("id", "echo 0");
        Files.createDirectories(root.resolve(".ci"));
        Files.copy(Path.of(System.getProperty("sluice.root")).resolve(".ci/run"), root.resolve(".ci/run"));
        Files.createDirectories(root.resolve("native-notes/soft-roce"));
        guest("[ \"$*\" = --prepare ]\n");
    }

    private void guest(String script) throws IOException {
        ShellStubs.script(root.resolve("native-notes/soft-roce/run"), script);
    }

    private void report(String module, String name, String attributes) throws IOException {
        Path file = root.resolve(module + "/target/surefire-reports/TEST-" + name + ".xml");
        Files.createDirectories(file.getParent());
        Files.writeString(
                file,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite xmlns:xsi=\"http://x\" name=\"" + name + "\" "
                        + attributes + ">\n  <testcase name=\"tests=9\" time=\"0.1\"/>\n</testsuite>\n");
    }

    private TestProcess run(String... args) throws IOException {
        return stubs.bash(root.resolve(".ci/run")).args(args).start();
    }

    @Test
    void shouldAddUpTheTestsOfAllModulesAndPassTheExitCodeOn() throws Exception {
        stubs.program("javac", "");
        stubs.program("mvn", "");
        ShellStubs.script(root.resolve("sluice"), "echo \"launcher $*\"; exit 3\n");
        report("a", "One", "time=\"1.5\" tests=\"10\" errors=\"1\" skipped=\"2\" failures=\"3\"");
        report("a", "Two", "time=\"0.5\" tests=\"5\" errors=\"0\" skipped=\"0\" failures=\"0\"");
        report("b/c", "Three", "time=\"0.5\" tests=\"1\" errors=\"0\" skipped=\"1\" failures=\"0\"");
        try (TestProcess ci = run("-pl", "a b")) {
            assertThat(ci.awaitExit(LIMIT)).as(ci.toString()).isEqualTo(3);
            assertThat(ci.out().lines()).containsExactly("launcher test -pl a b", "9 passed, 4 failed, 3 skipped");
        }
    }

    @Test
    void shouldSucceedWhereTheTestsDo() throws Exception {
        stubs.program("javac", "");
        stubs.program("mvn", "");
        ShellStubs.script(root.resolve("sluice"), "");
        report("a", "One", "tests=\"2\" errors=\"0\" skipped=\"0\" failures=\"0\"");
        try (TestProcess ci = run()) {
            assertThat(ci.awaitExit(LIMIT)).as(ci.toString()).isZero();
            assertThat(ci.out()).isEqualTo("2 passed, 0 failed, 0 skipped\n");
        }
    }

    @Test
    void shouldFailWhereTheGuestCannotBePrepared() throws Exception {
        stubs.program("javac", "");
        stubs.program("mvn", "");
        ShellStubs.script(root.resolve("sluice"), "");
        guest("echo 'no kernel' >&2; exit 2\n");
        try (TestProcess ci = run()) {
            assertThat(ci.awaitExit(LIMIT)).isEqualTo(1);
            assertThat(ci.err()).contains("no kernel");
        }
    }

    @Test
    void shouldSayWhatIsMissingAndCannotBeInstalled() throws Exception {
        try (TestProcess ci = run()) {
            assertThat(ci.awaitExit(LIMIT)).isEqualTo(1);
            assertThat(ci.err()).contains("missing", "openjdk-17-jdk-headless maven");
            assertThat(ci.out()).isEmpty();
        }
    }

    @Test
    void shouldInstallWhatIsMissingAsRootOnDebian() throws Exception {
        stubs.program("apt-get", "echo \"apt-get $*\"\n");
        ShellStubs.script(root.resolve("sluice"), "exit 0\n");
        try (TestProcess ci = run()) {
            assertThat(ci.awaitExit(LIMIT)).as(ci.toString()).isZero();
            assertThat(ci.out())
                    .contains(
                            "installing: openjdk-17-jdk-headless maven",
                            "apt-get update",
                            "apt-get install -y -qq --no-install-recommends openjdk-17-jdk-headless maven");
        }
    }
}
