// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.parity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Which rows hold: those with at least one test, all of whose tests passed in the last run. */
final class Parity {
    private final Map<ParityRow, List<TaggedTest>> rows = new LinkedHashMap<>();

    private Parity() {}

    /** Brings together the page, the tags in the sources and the last run of each module below a root. */
    static Parity read(Path root) throws IOException {
        Collection<TaggedTest> ran = lastRun(root);
        List<TaggedTest> all = new ArrayList<>(ran);
        for (SourceTags tag : SourceTags.scan(root)) {
            if (ran.stream().noneMatch(tag::covers)) {
                all.add(tag.notRun());
            }
        }
        all.sort(Comparator.comparing(TaggedTest::test));
        Parity parity = new Parity();
        for (ParityRow row : ParityRow.read(root.resolve("docs/parity.md"))) {
            parity.rows.put(
                    row,
                    all.stream().filter(test -> test.tag().equals(row.id())).toList());
        }
        return parity;
    }

    /** A module's reports are many: one of each class, and of each time where that runs more than once. */
    private static Collection<TaggedTest> lastRun(Path root) throws IOException {
        Map<String, TaggedTest> tests = new HashMap<>();
        try (Stream<Path> modules = Files.list(root)) {
            for (Path module : modules.toList()) {
                for (Path report : reports(module.resolve("target/junit"))) {
                    for (TaggedTest test : TestEvents.read(report)) {
                        tests.merge(test.tag() + " " + test.test(), test, TaggedTest::worst);
                    }
                }
            }
        }
        return tests.values();
    }

    private static List<Path> reports(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.endsWith("open-test-report.xml")).toList();
        }
    }

    Map<ParityRow, List<TaggedTest>> rows() {
        return rows;
    }

    static boolean holds(List<TaggedTest> tests) {
        return !tests.isEmpty() && tests.stream().allMatch(test -> test.result() == TaggedTest.Result.PASSED);
    }
}
