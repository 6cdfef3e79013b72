// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli;

import static io.sluice.cli.SluiceProcess.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testkit.process.TestProcess;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README says is true: its program compiles and runs, its links lead somewhere. */
class ReadmeTest {
    private static final Path ROOT = Path.of(System.getProperty("sluice.root"));
    private static final Pattern PROGRAM = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)\\)");

    @TempDir
    private Path directory;

    @Test
    void shouldCompileAndRunTheProgramThatEmbedsAStore() throws Exception {
        Matcher program = PROGRAM.matcher(Files.readString(ROOT.resolve("README.md")));
        assertThat(program.find()).isTrue();
        Path source = Files.writeString(directory.resolve("Example.java"), program.group(1));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            assertThat(compiler.getTask(
                                    messages,
                                    files,
                                    null,
                                    List.of("-d", directory.toString(), "-cp", System.getProperty("java.class.path")),
                                    null,
                                    files.getJavaFileObjects(source))
                            .call())
                    .as(messages.toString())
                    .isTrue();
        }
        String classPath = directory + System.getProperty("path.separator") + System.getProperty("java.class.path");
        try (TestProcess run = TestProcess.command(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        classPath,
                        "Example",
                        directory.resolve("db").toString())
                .start()) {
            assertThat(run.awaitExit(LIMIT)).as(run.toString()).isZero();
            assertThat(run.out()).isEqualTo("hello\n");
        }
    }

    @Test
    void shouldLinkToPagesThatAreThere() throws IOException {
        try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            List<Path> pages = Stream.concat(
                            Stream.of("README.md", "CONTRIBUTING.md", "SECURITY.md")
                                    .map(ROOT::resolve),
                            docs.filter(file -> file.toString().endsWith(".md")))
                    .toList();
            for (Path page : pages) {
                Matcher link = LINK.matcher(Files.readString(page));
                while (link.find()) {
                    assertThat(page.resolveSibling(link.group(1)).normalize())
                            .as("%s links to %s", page, link.group(1))
                            .exists();
                }
            }
        }
    }
}
