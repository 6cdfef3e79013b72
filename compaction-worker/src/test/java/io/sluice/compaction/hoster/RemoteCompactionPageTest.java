// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Holds docs/remote-compaction.md to the parameters and reasons as they are. */
class RemoteCompactionPageTest {
    private static final Pattern FIRST_CELL = Pattern.compile("^\\| (`[^|]+`) \\|", Pattern.MULTILINE);
    private static final Pattern NAME = Pattern.compile("`([^`]+)`");

    private static Set<String> rows(String heading) throws IOException {
        String page = Files.readString(Path.of(System.getProperty("sluice.root"), "docs", "remote-compaction.md"));
        int start = page.indexOf("## " + heading);
        assertThat(start).as(heading).isPositive();
        int end = page.indexOf("\n## ", start);
        Set<String> names = new TreeSet<>();
        Matcher cells = FIRST_CELL.matcher(page.substring(start, end < 0 ? page.length() : end));
        while (cells.find()) {
            Matcher found = NAME.matcher(cells.group(1));
            while (found.find()) {
                names.add(found.group(1));
            }
        }
        return names;
    }

    @Test
    void shouldTellEveryParameterAndReason() throws IOException {
        assertThat(rows("Parameters")).isEqualTo(Parameters.names());
        assertThat(rows("Why an attempt failed"))
                .isEqualTo(
                        Arrays.stream(FallbackReason.values()).map(Enum::name).collect(Collectors.toSet()));
    }
}
