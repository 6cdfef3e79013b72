// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Holds the threats in docs/remote-compaction.md to the tests that they name, and the sources to what it says of shells. */
class ThreatsPageTest {
    private static final Path ROOT = Path.of(System.getProperty("sluice.root"));
    private static final Pattern TEST = Pattern.compile("`([A-Z][A-Za-z]*)\\.([A-Za-z_]+)`");

    /** A shell, or a way to start one, as a constant of a program. */
    private static final Pattern SHELL = Pattern.compile(
            "\"(/(usr/)?bin/)?(ba|da|z|k)?sh\"|\"/usr/bin/env\"|\"cmd(\\.exe)?\"|getRuntime\\(\\)\\s*\\.exec");

    private static List<Path> sources(String kind) throws IOException {
        List<Path> sources = new ArrayList<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path module : modules.map(path -> path.resolve("src/" + kind + "/java"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> files = Files.walk(module)) {
                    files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
                }
            }
        }
        return sources;
    }

    @Test
    void shouldNameTestsThatAreThere() throws IOException {
        String page = Files.readString(ROOT.resolve("docs/remote-compaction.md"));
        List<MatchResult> named = TEST.matcher(page.substring(page.indexOf("## Threats")))
                .results()
                .toList();
        assertThat(named).hasSizeGreaterThan(20);
        List<Path> sources = sources("test");
        for (MatchResult test : named) {
            boolean there = false;
            for (Path source : sources) {
                if (source.endsWith(test.group(1) + ".java")) {
                    there |= Pattern.compile("\\b" + test.group(2) + "\\b")
                            .matcher(Files.readString(source))
                            .find();
                }
            }
            assertThat(there).as(test.group()).isTrue();
        }
    }

    @Test
    @Tag("B16")
    void shouldStartNoShell() throws IOException {
        List<Path> sources = sources("main");
        assertThat(sources).hasSizeGreaterThan(500);
        for (Path source : sources) {
            assertThat(SHELL.matcher(Files.readString(source)).find())
                    .as(source.toString())
                    .isFalse();
        }
        assertThat(SHELL.matcher("List.of(\"/bin/sh\", \"-c\")").find()).isTrue();
        assertThat(SHELL.matcher("Runtime.getRuntime().exec(command)").find()).isTrue();
    }
}
