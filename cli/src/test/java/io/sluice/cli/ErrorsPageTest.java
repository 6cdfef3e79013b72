// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.flush.generator.FallbackReason;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.store.base.StoreException;
import io.sluice.transport.TransportException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds docs/errors.md to the codes and kinds as the sources have them. */
class ErrorsPageTest {
    private static final Path ROOT = Path.of(System.getProperty("sluice.root"));

    /** A dotted name in a string of its own; one that ends in a dot is completed where it is used. */
    private static final Pattern DOTTED = Pattern.compile("\"([a-z][a-z0-9_-]*(?:\\.[a-z][a-z0-9_-]*)+\\.?)\"");

    /** A code within the text of a message. */
    private static final Pattern BRACKETED = Pattern.compile("\\[([a-z]+(?:\\.[a-z-]+)+)]\"");

    /** First parts of dotted names that are no codes: properties, settings, files. */
    private static final Set<String> OTHERS = Set.of(
            "rocksdb",
            "sluice",
            "java",
            "os",
            "com",
            "dfs",
            "fs",
            "ipc",
            "hadoop",
            "mapreduce",
            "gc",
            "version",
            "core-site",
            "hdfs-site",
            "open-test-report",
            "child",
            "cc",
            "copy_loop",
            "io",
            "org",
            "flushes",
            "latency",
            "sockperf",
            "page",
            "favicon",
            "frame",
            "frames",
            "icon",
            "ssl",
            "starttls");

    private static final Pattern ROW = Pattern.compile("^\\| `([^`]+)` \\|", Pattern.MULTILINE);

    private static Set<String> codesOfSources() throws IOException {
        Set<String> codes = new TreeSet<>();
        List<Path> sources;
        try (Stream<Path> files = Files.find(
                ROOT,
                20,
                (file, attributes) ->
                        file.toString().endsWith(".java") && file.toString().contains("/src/main/java/"))) {
            sources = files.toList();
        }
        assertThat(sources).hasSizeGreaterThan(100);
        for (Path source : sources) {
            String text = Files.readString(source);
            for (Matcher name = DOTTED.matcher(text); name.find(); ) {
                String code = name.group(1);
                if (!OTHERS.contains(code.substring(0, code.indexOf('.')))) {
                    codes.add(code.endsWith(".") ? code + "*" : code);
                }
            }
            for (Matcher name = BRACKETED.matcher(text); name.find(); ) {
                codes.add(name.group(1));
            }
        }
        return codes;
    }

    private static String page() throws IOException {
        return Files.readString(ROOT.resolve("docs/errors.md"));
    }

    private static Set<String> rows(String text) {
        return ROW.matcher(text).results().map(row -> row.group(1)).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> names(Enum<?>[] values) {
        return Stream.of(values).map(Enum::name).collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void shouldTellEveryCodeAndNoOther() throws IOException {
        Set<String> documented = rows(page());
        documented.removeIf(row -> row.equals(row.toUpperCase(Locale.ROOT)));
        assertThat(documented).isEqualTo(codesOfSources());
    }

    @Test
    void shouldTellEveryKindAndReasonAndNoOther() throws IOException {
        String page = page();
        int transport = page.indexOf("| TransportException.Kind");
        int storage = page.indexOf("## Storage");
        int refusals = page.indexOf("## Refusals");
        int fallbacks = page.indexOf("## Why a flush");
        assertThat(rows(page.substring(page.indexOf("|---|"), transport)))
                .isEqualTo(names(StoreException.Kind.values()));
        assertThat(rows(page.substring(page.indexOf('\n', transport), storage)))
                .isEqualTo(names(TransportException.Kind.values()));
        assertThat(rows(page.substring(refusals, fallbacks))).isEqualTo(names(RefusalReason.values()));
        assertThat(rows(page.substring(fallbacks))).isEqualTo(names(FallbackReason.values()));
    }
}
