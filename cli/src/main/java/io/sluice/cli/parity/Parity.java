// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.parity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
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
        List<TaggedTest> ran = new ArrayList<>();
        try (Stream<Path> modules = Files.list(root)) {
            for (Path events : modules.map(module -> module.resolve("target/junit/open-test-report.xml"))
                    .filter(Files::isRegularFile)
                    .toList()) {
                ran.addAll(TestEvents.read(events));
            }
        }
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

    Map<ParityRow, List<TaggedTest>> rows() {
        return rows;
    }

    static boolean holds(List<TaggedTest> tests) {
        return !tests.isEmpty() && tests.stream().allMatch(test -> test.result() == TaggedTest.Result.PASSED);
    }
}
