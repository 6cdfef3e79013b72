// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.compaction.web.Figure;
import io.sluice.store.compaction.CompactionCounts;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PagesPageTest {
    @Test
    void shouldTellEachMetricAndNoOther() throws Exception {
        WorkerSettings settings = WorkerSettings.builder(
                        "w", "h", new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), List.of("/x"))
                .build();
        List<String> rows = new ArrayList<>();
        WorkerFigures.of(settings, new WorkerStatus(0, 0, 0, 0, 0, 0, 0, false), new CompactionCounts(0, 0, 0, 0))
                .forEach(group -> group.figures()
                        .forEach(figure -> rows.add("| `" + figure.name()
                                + (figure.kind() == Figure.Kind.COUNTER ? "_total" : "") + "` | `" + group.name()
                                + "` | " + figure.help() + " |")));
        String page = Files.readString(Path.of(System.getProperty("sluice.root"), "docs", "pages.md"));
        List<String> documented = page.lines()
                .dropWhile(line -> !line.startsWith("| metric |"))
                .skip(2)
                .takeWhile(line -> line.startsWith("|"))
                .toList();
        assertThat(documented).isEqualTo(rows);
    }
}
