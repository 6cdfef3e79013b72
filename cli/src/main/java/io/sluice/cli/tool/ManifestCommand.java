// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.tool;

import io.sluice.store.manifest.FileMetadata;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.manifest.ManifestReader;
import io.sluice.store.manifest.VersionEdit;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice manifest}. */
@Command(
        name = "manifest",
        description = "Look at a manifest. Nothing is changed.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example: ./sluice manifest dump /data/db"})
public final class ManifestCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which command?");
    }

    @Command(name = "dump", description = "Print the edits of a manifest, one a line. ldb manifest_dump --verbose.")
    int dump(
            @Parameters(
                            paramLabel = "FILE",
                            description = "A manifest, or a store's directory for the one in force; a path or URI.")
                    String path,
            @Option(names = "--json", description = "Print each edit as a JSON object.") boolean json)
            throws IOException {
        String leaf = path.substring(path.lastIndexOf('/') + 1);
        boolean isManifest = FileNames.parse(leaf).type() == FileNames.Type.MANIFEST;
        try (ToolFile file = isManifest ? ToolFile.of(path) : current(path);
                Output out = Output.ofStdout()) {
            long torn = ManifestReader.readEdits(file.storage(), file.name(), (edit, end) -> {
                Map<String, Object> shown = new LinkedHashMap<>();
                shown.put("end_offset", end);
                shown.putAll(show(edit));
                if (json) {
                    out.json(shown);
                } else {
                    print(shown, out);
                }
            });
            if (torn > 0) {
                spec.commandLine()
                        .getErr()
                        .println("sluice: " + file.shown() + ": a torn tail of " + torn
                                + " bytes follows, which is passed over when the store is opened");
            }
        }
        return 0;
    }

    private static ToolFile current(String directory) throws IOException {
        Storage storage = Storages.open(directory, Map.of());
        try {
            String name = ManifestReader.currentManifest(storage);
            return new ToolFile(storage, name, directory + "/" + name);
        } catch (IOException e) {
            storage.close();
            throw e;
        }
    }

    private static void print(Map<String, Object> edit, Output out) throws IOException {
        boolean first = true;
        for (Map.Entry<String, Object> field : edit.entrySet()) {
            if (field.getValue() instanceof List<?> several) {
                for (Object one : several) {
                    out.line().text("    " + field.getKey() + " " + one);
                }
            } else {
                out.text((first ? "" : " ") + field.getKey() + "=" + field.getValue());
            }
            first = false;
        }
        out.line();
    }

    private static Map<String, Object> show(VersionEdit edit) {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("column_family", edit.columnFamily());
        text(shown, "db_id", edit.dbId());
        text(shown, "comparator", edit.comparatorName());
        text(shown, "add_column_family", edit.addedColumnFamily());
        if (edit.dropsColumnFamily()) {
            shown.put("drop_column_family", true);
        }
        number(shown, "log_number", edit.logNumber());
        number(shown, "prev_log_number", edit.prevLogNumber());
        number(shown, "next_file_number", edit.nextFileNumber());
        number(shown, "last_sequence", edit.lastSequence());
        number(shown, "min_log_number_to_keep", edit.minLogNumberToKeep());
        number(shown, "max_column_family", edit.maxColumnFamily());
        number(shown, "remaining_in_group", edit.remainingInGroup());
        List<Object> deleted = new ArrayList<>();
        for (VersionEdit.DeletedFile file : edit.deletedFiles()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("level", file.level());
            one.put("number", file.number());
            deleted.add(one);
        }
        List<Object> added = new ArrayList<>();
        for (VersionEdit.NewFile file : edit.newFiles()) {
            added.add(show(file.level(), file.file()));
        }
        list(shown, "delete_file", deleted);
        list(shown, "add_file", added);
        return shown;
    }

    private static Map<String, Object> show(int level, FileMetadata file) {
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("level", level);
        shown.put("number", file.number());
        shown.put("size", file.size());
        shown.put("smallest", ByteText.hex(file.smallest().toByteArray()));
        shown.put("largest", ByteText.hex(file.largest().toByteArray()));
        shown.put("smallest_sequence", file.smallestSequence());
        shown.put("largest_sequence", file.largestSequence());
        shown.put("epoch_number", file.epochNumber());
        shown.put("oldest_ancestor_time", file.oldestAncestorTime());
        shown.put("file_creation_time", file.fileCreationTime());
        file.crc32c().ifPresent(crc -> shown.put("crc32c", String.format("%08x", crc)));
        Map<Integer, String> fields = new TreeMap<>();
        file.customFields()
                .forEach(field ->
                        fields.put(field.tag(), ByteText.hex(field.value().toByteArray())));
        if (!fields.isEmpty()) {
            shown.put("custom_fields", fields);
        }
        return shown;
    }

    private static void text(Map<String, Object> shown, String name, @Nullable String value) {
        if (value != null) {
            shown.put(name, value);
        }
    }

    private static void number(Map<String, Object> shown, String name, long value) {
        if (value != VersionEdit.ABSENT) {
            shown.put(name, value);
        }
    }

    private static void list(Map<String, Object> shown, String name, List<Object> values) {
        if (!values.isEmpty()) {
            shown.put(name, values);
        }
    }
}
