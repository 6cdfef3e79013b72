// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.parity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParityTest {
    @TempDir
    private Path root;

    @BeforeEach
    void makePage() throws IOException {
        write("docs/parity.md", "# x\n| id | what |\n|---|---|\n| A1 | first |\n| A2 | second |\n| A3 | third |\n");
    }

    private void write(String name, String text) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void source(String declaration) throws IOException {
        write("m/src/test/java/p/XTest.java", "package p;\n" + declaration);
    }

    /** One class with one method, in the form that JUnit writes. */
    private void ran(String result, String... tags) throws IOException {
        ranAs(1, result, tags);
    }

    private void ranAs(int run, String result, String... tags) throws IOException {
        String tagged =
                List.of(tags).stream().map(tag -> "<tag>" + tag + "</tag>").collect(Collectors.joining());
        write("m/target/junit/" + run + "/open-test-report.xml", """
                <e:events xmlns="core" xmlns:e="events" xmlns:java="java">
                <e:started id="1" name="JUnit"/>
                <e:started id="2" name="XTest" parentId="1"><sources><java:classSource className="p.XTest"/></sources></e:started>
                <e:started id="3" name="m()" parentId="2"><metadata><tags>%s</tags></metadata>\
                <sources><java:methodSource className="p.XTest" methodName="m"/></sources></e:started>
                %s
                <e:finished id="2"><result status="SUCCESSFUL"/></e:finished>
                <e:finished id="1"><result status="SUCCESSFUL"/></e:finished>
                </e:events>
                """.formatted(
                tagged,
                result.isEmpty() ? "" : "<e:finished id=\"3\"><result status=\"" + result + "\"/></e:finished>"));
    }

    private Map<String, Boolean> holding() throws IOException {
        return Parity.read(root).rows().entrySet().stream()
                .collect(Collectors.toMap(e -> e.getKey().id(), e -> Parity.holds(e.getValue())));
    }

    @Test
    void shouldHoldWhereAllTestsOfARowPassed() throws IOException {
        source("class XTest { @Tag(\"A1\") @Tag(\"A2\") @Test void m() {} }");
        ran("SUCCESSFUL", "A1", "A2");
        assertThat(holding()).isEqualTo(Map.of("A1", true, "A2", true, "A3", false));
    }

    @Test
    void shouldNotHoldWhereATestFailedWasSkippedOrNeverEnded() throws IOException {
        source("class XTest { @Tag(\"A1\") @Test void m() {} }");
        for (String result : List.of("FAILED", "ABORTED", "SKIPPED", "")) {
            ran(result, "A1");
            assertThat(holding()).as(result).containsEntry("A1", false);
        }
    }

    @Test
    void shouldTakeTheWorstOfATestThatRanMoreThanOnce() throws IOException {
        source("class XTest { @Tag(\"A1\") @Test void m() {} }");
        ranAs(1, "SUCCESSFUL", "A1");
        ranAs(2, "SUCCESSFUL", "A1");
        assertThat(Parity.read(root).rows().values().iterator().next()).hasSize(1);
        assertThat(holding()).containsEntry("A1", true);
        ranAs(3, "FAILED", "A1");
        assertThat(holding()).containsEntry("A1", false);
    }

    @Test
    void shouldNotHoldWhereATaggedTestDidNotTakePartInTheLastRun() throws IOException {
        source("class XTest { @Tag(\"A1\") @Test void m() {} @Tag(\"A1\") @Test void n() {} }");
        ran("SUCCESSFUL", "A1");
        assertThat(holding()).containsEntry("A1", false);
        assertThat(Parity.read(root).rows().values().iterator().next())
                .contains(new TaggedTest("A1", "p.XTest.n", TaggedTest.Result.NOT_RUN));
    }

    @Test
    void shouldTakeTheTagOfAnAbstractClassFromThoseThatExtendIt() throws IOException {
        write("n/src/test/java/q/Contract.java", "@Tag(\"A3\") public abstract class Contract { }");
        source("class XTest extends Contract { @Test void m() {} }");
        ran("SUCCESSFUL", "A3");
        assertThat(holding()).containsEntry("A3", true);
    }

    @Test
    void shouldReadWhatAJvmLeftThatDied() throws IOException {
        source("class XTest { @Tag(\"A1\") @Test void m() {} }");
        ran("SUCCESSFUL", "A1");
        Path report = root.resolve("m/target/junit/1/open-test-report.xml");
        String text = Files.readString(report);
        Files.writeString(report, text.substring(0, text.indexOf("<e:finished id=\"3\"")));
        assertThat(holding()).containsEntry("A1", false);
    }
}
