// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.parity;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.sluice.cli.command.Home;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ./sluice parity}. */
@Command(
        name = "parity",
        description = {
            "Print each capability of docs/parity.md with the tests that show it, and whether they passed in the last"
                    + " run.",
            "A row holds where it has tests and all of them passed; a skipped test has not passed."
        },
        footer = {"", "Example: ./sluice test && ./sluice parity"})
public final class ParityCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "Print one JSON object: row -> {\"holds\": ..., \"tests\": [...]}.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        Map<ParityRow, List<TaggedTest>> rows = Parity.read(Home.path()).rows();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(new ObjectMapper()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .writeValueAsString(asJson(rows)));
        } else {
            print(rows, out);
        }
        out.flush();
        return 0;
    }

    private static Map<String, Object> asJson(Map<ParityRow, List<TaggedTest>> rows) {
        Map<String, Object> object = new LinkedHashMap<>();
        rows.forEach((row, tests) -> object.put(
                row.id(),
                Map.of(
                        "holds",
                        Parity.holds(tests),
                        "tests",
                        tests.stream()
                                .map(test -> Map.of("name", test.test(), "result", word(test)))
                                .toList())));
        return object;
    }

    private static void print(Map<ParityRow, List<TaggedTest>> rows, PrintWriter out) {
        int holding = 0;
        for (var entry : rows.entrySet()) {
            boolean holds = Parity.holds(entry.getValue());
            holding += holds ? 1 : 0;
            out.printf(
                    "%-4s %s  %s%n",
                    entry.getKey().id(),
                    holds ? "holds" : entry.getValue().isEmpty() ? "-    " : "FAILS",
                    entry.getKey().capability());
            for (TaggedTest test : entry.getValue()) {
                out.printf("            %-8s %s%n", word(test), test.test());
            }
        }
        out.printf("%d of %d rows hold%n", holding, rows.size());
    }

    private static String word(TaggedTest test) {
        return test.result().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
