// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.tool;

import io.sluice.cli.command.CommandFailure;
import io.sluice.store.sst.TableReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice sst}, as {@code sst_dump}. */
@Command(
        name = "sst",
        description = "Look at SSTs, as sst_dump does. Nothing is changed.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {SstScan.class},
        footer = {"", "Example: ./sluice sst check /data/db/000012.sst; ./sluice sst scan --output_hex /data/db"})
public final class SstCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which command?");
    }

    /** What all of them take. */
    static final class Files {
        @Parameters(arity = "1..*", paramLabel = "FILE", description = "SSTs, or directories of them; paths or URIs.")
        private List<String> paths = List.of();

        @Option(names = "--json", description = "Print JSON.")
        boolean json;

        /** Every table named. */
        List<String> tables() throws IOException, CommandFailure {
            List<String> tables = new ArrayList<>();
            for (String path : paths) {
                tables.addAll(ToolFile.tables(path));
            }
            if (tables.isEmpty()) {
                throw new CommandFailure("no SSTs in " + String.join(", ", paths));
            }
            return tables;
        }
    }

    @FunctionalInterface
    private interface Examination {
        /** Looks at a table; what it found besides that the table is good. */
        Map<String, Object> examine(String name, TableReader table, Progress progress) throws IOException;
    }

    @Command(
            name = "check",
            description = "Read every entry; check checksums, order and number. sst_dump --command=check.")
    int check(@Mixin Files files) throws Exception {
        return examine(files, (name, table, progress) -> {
            long entries = Tables.check(name, table, key -> {}, progress);
            return Map.of("entries", entries);
        });
    }

    @Command(name = "verify", description = "Read every block and check its checksum. sst_dump --command=verify.")
    int verify(@Mixin Files files) throws Exception {
        return examine(files, (name, table, progress) -> {
            table.verifyChecksums();
            return Map.of();
        });
    }

    @Command(name = "properties", description = "Print the properties. sst_dump --show_properties.")
    int properties(@Mixin Files files) throws Exception {
        Map<String, Object> all = new LinkedHashMap<>();
        try (Output out = Output.ofStdout()) {
            for (String path : files.tables()) {
                try (ToolFile file = ToolFile.of(path);
                        TableReader table = Tables.open(file.storage(), file.name())) {
                    Map<String, String> properties = table.properties().asMap();
                    all.put(path, properties);
                    if (!files.json) {
                        out.text(path).line();
                        for (Map.Entry<String, String> property : properties.entrySet()) {
                            out.text("  " + property.getKey() + ": " + property.getValue())
                                    .line();
                        }
                    }
                }
            }
            if (files.json) {
                out.json(all);
            }
        }
        return 0;
    }

    private int examine(Files files, Examination examination) throws IOException, CommandFailure {
        Progress progress = new Progress(spec.commandLine().getErr(), System::nanoTime);
        List<String> paths = files.tables();
        int bad = 0;
        try (Output out = Output.ofStdout()) {
            for (String path : paths) {
                progress.phase(path);
                Map<String, Object> found = new LinkedHashMap<>();
                found.put("file", path);
                try (ToolFile file = ToolFile.of(path);
                        TableReader table = Tables.open(file.storage(), file.name())) {
                    found.putAll(examination.examine(path, table, progress));
                    found.put("ok", true);
                } catch (IOException e) {
                    bad++;
                    found.put("ok", false);
                    found.put("error", String.valueOf(e.getMessage()));
                }
                if (files.json) {
                    out.json(found);
                } else if (Boolean.TRUE.equals(found.get("ok"))) {
                    Object entries = found.get("entries");
                    out.text(path + ": ok" + (entries == null ? "" : ", " + entries + " entries"))
                            .line();
                } else {
                    out.text(path + ": " + found.get("error")).line();
                }
            }
        }
        if (bad > 0) {
            throw new CommandFailure(bad + " of " + paths.size() + " files are not as they should be");
        }
        return 0;
    }
}
