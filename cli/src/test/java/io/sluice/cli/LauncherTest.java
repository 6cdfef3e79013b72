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

/** The bash launcher, in a copy of the repository's shape, with a Maven and a Java that only note how they are called. */
class LauncherTest {
    private static final List<String> PROGRAMS = List.of(
            "bash",
            "dirname",
            "readlink",
            "sed",
            "head",
            "find",
            "mkdir",
            "touch",
            "flock",
            "grep",
            "tail",
            "id",
            "cat",
            "sleep");

    @TempDir
    private Path root;

    private ShellStubs stubs;

    private Path jdk() {
        return root.resolve("jdk");
    }

    @BeforeEach
    void copyLauncher() throws IOException {
        stubs = new ShellStubs(root.resolve("bin"), PROGRAMS);
        Files.copy(Path.of(System.getProperty("sluice.root")).resolve("sluice"), root.resolve("sluice"));
        Files.createDirectories(root.resolve("cli/src/main"));
        Files.writeString(root.resolve("pom.xml"), "<project/>");
    }

    private void makeJdk(String version) throws IOException {
        ShellStubs.script(jdk().resolve("bin/java"), "echo java \"$@\"\n");
        ShellStubs.script(jdk().resolve("bin/javac"), "");
        Files.writeString(jdk().resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    }

    private void makeMaven(int exitCode) throws IOException {
        stubs.program(
                "mvn",
                "echo \"[INFO] mvn $* with $JAVA_HOME\"; echo '[ERROR] it broke'; mkdir -p cli/target/sluice/lib;"
                        + " echo built >> builds; exit " + exitCode + "\n");
    }

    private TestProcess sluice(String... args) throws IOException {
        return stubs.bash(root.resolve("sluice"))
                .args(args)
                .environment("JAVA_HOME", Files.exists(jdk()) ? jdk().toString() : null)
                .start();
    }

    private int builds() throws IOException {
        return Files.exists(root.resolve("builds"))
                ? Files.readAllLines(root.resolve("builds")).size()
                : 0;
    }

    @Test
    void shouldBuildOnFirstUseAndWhenSourcesChangedOnly() throws Exception {
        makeJdk("17.0.1");
        makeMaven(0);
        try (TestProcess first = sluice("version")) {
            assertThat(first.awaitExit(LIMIT)).as(first.toString()).isZero();
            assertThat(first.err()).contains("first use: building", "built in");
            assertThat(first.out()).startsWith("java ").contains("io.sluice.cli.Main version");
        }
        try (TestProcess second = sluice("parity", "--json")) {
            assertThat(second.awaitExit(LIMIT)).isZero();
            assertThat(second.err()).isEmpty();
            assertThat(second.out().lines()).hasSize(1);
        }
        assertThat(builds()).isEqualTo(1);
        Path source = Files.writeString(root.resolve("cli/src/main/New.java"), "class New {}");
        Files.setLastModifiedTime(
                source, java.nio.file.attribute.FileTime.fromMillis(System.currentTimeMillis() + 2000));
        try (TestProcess third = sluice("version")) {
            assertThat(third.awaitExit(LIMIT)).isZero();
            assertThat(third.err()).contains("sources changed: building");
        }
        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void shouldGiveNewerJvmsTheFlagsThatTheyKnow() throws Exception {
        makeJdk("25.0.2");
        makeMaven(0);
        try (TestProcess sluice = sluice("memnode")) {
            assertThat(sluice.awaitExit(LIMIT)).isZero();
            assertThat(sluice.out())
                    .contains("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");
        }
    }

    @Test
    void shouldGiveThoseThatMayUseRdmaWhatItNeedsOfTheJdk() throws Exception {
        makeJdk("17");
        makeMaven(0);
        for (String command : List.of("memnode", "worker", "generator", "demo", "bench")) {
            try (TestProcess sluice = sluice(command)) {
                assertThat(sluice.awaitExit(LIMIT)).isZero();
                assertThat(sluice.out()).as(command).contains("--add-exports=java.base/sun.nio.ch=ALL-UNNAMED");
            }
        }
    }

    @Test
    void shouldShowWhyABuildFailedAndRunNothing() throws Exception {
        makeJdk("17");
        makeMaven(1);
        try (TestProcess sluice = sluice("demo")) {
            assertThat(sluice.awaitExit(LIMIT)).isEqualTo(1);
            assertThat(sluice.err()).contains("it broke", "the build failed", "launcher-build.log");
            assertThat(sluice.out()).isEmpty();
        }
    }

    @Test
    void shouldSayWhatIsMissing() throws Exception {
        makeJdk("17.0.1");
        try (TestProcess sluice = sluice("demo")) {
            assertThat(sluice.awaitExit(LIMIT)).isEqualTo(1);
            assertThat(sluice.err()).contains("needs Maven", "apt-get install maven");
            assertThat(sluice.out()).isEmpty();
        }
        makeMaven(0);
        makeJdk("11.0.2");
        try (TestProcess sluice = sluice("demo")) {
            assertThat(sluice.awaitExit(LIMIT)).isEqualTo(1);
            // Where the machine has another JDK in the usual places, that one is taken, and it is said.
            assertThat(sluice.err())
                    .containsAnyOf("is no JDK of 17 or newer: using", "needs a JDK of version 17 or newer");
            assertThat(sluice.out()).isEmpty();
        }
    }

    @Test
    void shouldPassArgumentsAndTheExitCodeOfTheTests() throws Exception {
        makeJdk("17");
        makeMaven(7);
        try (TestProcess sluice = sluice("test", "-Dx=y z")) {
            assertThat(sluice.awaitExit(LIMIT)).as(sluice.toString()).isEqualTo(7);
            assertThat(sluice.out()).contains("verify -Dx=y z").contains("with " + jdk());
        }
    }
}
