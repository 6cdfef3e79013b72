// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli;

import static io.sluice.cli.SluiceProcess.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testkit.process.TestProcess;
import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** An outsider can use the transport by what docs/transport.md says, and gets nothing of the store with it. */
@Tag("T12")
class TransportPageTest {
    private static final Path ROOT = Path.of(System.getProperty("sluice.root"));
    private static final Pattern PROGRAM = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern DEPENDENCY = Pattern.compile("<artifactId>(.*?)</artifactId>");

    /** What the page's one dependency brings; the jars' names begin so, or their modules' directories are called so. */
    private static final List<String> BROUGHT =
            List.of("transport-api", "transport-tcp", "agrona", "jctools-core-jdk11", "jctools-core", "slf4j-api");

    @TempDir
    private Path directory;

    private static String page() throws IOException {
        return Files.readString(ROOT.resolve("docs/transport.md"));
    }

    /** Of this JVM's class path, what the dependency brings. */
    private static String classPath() {
        String path = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.endsWith("test-classes") && !entry.endsWith("-tests.jar"))
                .filter(entry -> BROUGHT.stream()
                        .anyMatch(
                                name -> Path.of(entry).getFileName().toString().matches("(sluice-)?" + name + "-\\d.*")
                                        || entry.contains(File.separator + name + File.separator + "target")))
                .collect(Collectors.joining(File.pathSeparator));
        assertThat(path.split(File.pathSeparator)).as(path).hasSize(BROUGHT.size());
        return path;
    }

    @Test
    void shouldCompileAndRunTheProgramWithNothingButItsOneDependency() throws Exception {
        Matcher program = PROGRAM.matcher(page());
        assertThat(program.find()).isTrue();
        Path source = Files.writeString(directory.resolve("Example.java"), program.group(1));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            assertThat(compiler.getTask(
                                    messages,
                                    files,
                                    null,
                                    List.of("-d", directory.toString(), "-cp", classPath(), "-proc:none"),
                                    null,
                                    files.getJavaFileObjects(source))
                            .call())
                    .as(messages.toString())
                    .isTrue();
        }
        try (TestProcess run = TestProcess.command(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        directory + File.pathSeparator + classPath(),
                        "Example")
                .start()) {
            assertThat(run.awaitExit(LIMIT)).as(run.toString()).isZero();
            assertThat(run.out())
                    .isEqualTo("echo: hello\nwrite 1 done\nthe server has: written\nthe server has: bbbbbbb\n");
        }
    }

    @Test
    void shouldNameADependencyThatIsThere() throws Exception {
        Matcher dependency = DEPENDENCY.matcher(page());
        assertThat(dependency.find()).isTrue();
        assertThat(Files.readString(ROOT.resolve("transport-tcp/pom.xml")))
                .contains("<artifactId>" + dependency.group(1) + "</artifactId>");
    }

    @Test
    void shouldBringNothingOfTheStoreWithTheTransports() throws Exception {
        assertThat(dependencies("transport-api"))
                .containsExactlyInAnyOrder("agrona", "jctools-core-jdk11", "slf4j-api");
        assertThat(dependencies("transport-tcp")).containsExactly("sluice-transport-api");
        assertThat(dependencies("transport-rdma"))
                .contains("sluice-transport-api", "disni")
                .isSubsetOf("sluice-transport-api", "sluice-transport-tcp", "disni", "slf4j-api");
    }

    /** What a module's users get with it: its own dependencies but those for tests. */
    private static Set<String> dependencies(String module) throws Exception {
        Element project = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(ROOT.resolve(module).resolve("pom.xml").toFile())
                .getDocumentElement();
        Set<String> names = new TreeSet<>();
        for (Element list : children(project, "dependencies")) {
            for (Element dependency : children(list, "dependency")) {
                boolean forTests = children(dependency, "scope").stream()
                        .anyMatch(scope -> scope.getTextContent().equals("test"));
                if (!forTests) {
                    names.add(children(dependency, "artifactId").get(0).getTextContent());
                }
            }
        }
        return names;
    }

    private static List<Element> children(Element parent, String name) {
        List<Element> found = new ArrayList<>();
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element && element.getTagName().equals(name)) {
                found.add(element);
            }
        }
        return found;
    }
}
