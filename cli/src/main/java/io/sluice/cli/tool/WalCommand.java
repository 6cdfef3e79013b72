// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.tool;

import io.sluice.cli.command.CommandFailure;
import io.sluice.store.base.ValueType;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.wal.LogDamage;
import io.sluice.store.wal.LogReader;
import io.sluice.store.write.LoggedBatch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice wal}. */
@Command(
        name = "wal",
        description = "Look at a write-ahead log. Nothing is changed.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example: ./sluice wal dump --header --print_value /data/db/000009.log"})
public final class WalCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which command?");
    }

    /** One entry of a batch, key and value in hex. */
    private record Entry(String operation, int columnFamily, String key, String value, boolean hasValue) {}

    @Command(name = "dump", description = "Print the batches of a log, one a line. ldb dump_wal.")
    int dump(
            @Parameters(paramLabel = "FILE", description = "A log: a path or URI.") String path,
            @Option(names = "--header", description = "Print a line that names the columns.") boolean header,
            @Option(names = "--print_value", description = "Print values too.") boolean values,
            @Option(names = "--json", description = "Print each batch as a JSON object.") boolean json)
            throws IOException, CommandFailure {
        List<LogDamage> damages = new ArrayList<>();
        try (ToolFile file = ToolFile.of(path);
                ReadableFile log = file.storage().open(file.name());
                Output out = Output.ofStdout()) {
            long number = FileNames.parse(file.name()).number();
            LogReader reader = new LogReader(log, number, damages::add);
            LoggedBatch batch = new LoggedBatch();
            if (header && !json) {
                out.text("Sequence,Count,ByteSize,Physical Offset,Key(s)" + (values ? " : value " : ""))
                        .line();
            }
            while (reader.next()) {
                batch.wrap(path + ", the record at offset " + reader.recordStart(), reader.record());
                print(batch, reader, values, json, out);
            }
        }
        boolean corrupt = false;
        for (LogDamage damage : damages) {
            corrupt |= damage.kind() == LogDamage.Kind.CORRUPT;
            spec.commandLine()
                    .getErr()
                    .println("sluice: " + path + " at offset " + damage.offset() + ": " + damage.problem());
        }
        if (corrupt) {
            throw new CommandFailure(path + " is corrupt; what could be read was printed");
        }
        return 0;
    }

    private static void print(LoggedBatch batch, LogReader reader, boolean values, boolean json, Output out)
            throws IOException {
        List<Entry> entries = new ArrayList<>();
        while (batch.next()) {
            entries.add(entry(batch));
        }
        int length = reader.record().capacity();
        if (!json) {
            out.text(batch.sequence() + "," + batch.count() + "," + length + "," + reader.recordStart() + ",");
            for (Entry entry : entries) {
                out.text(entry.operation + "(" + entry.columnFamily + ") : " + entry.key + " ");
                if (entry.operation.equals("DELETE_RANGE")) {
                    out.text(entry.value + " ");
                } else if (values && entry.hasValue) {
                    out.text(": " + entry.value + " ");
                }
            }
            out.line();
            return;
        }
        Map<String, Object> shown = new LinkedHashMap<>();
        shown.put("sequence", batch.sequence());
        shown.put("count", batch.count());
        shown.put("size", length);
        shown.put("offset", reader.recordStart());
        List<Object> shownEntries = new ArrayList<>();
        for (Entry entry : entries) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("operation", entry.operation);
            one.put("column_family", entry.columnFamily);
            one.put("key", entry.key);
            if (entry.hasValue) {
                one.put("value", entry.value);
            }
            shownEntries.add(one);
        }
        shown.put("entries", shownEntries);
        out.json(shown);
    }

    private static Entry entry(LoggedBatch batch) {
        String operation = switch (batch.type()) {
            case ValueType.VALUE -> "PUT";
            case ValueType.DELETION -> "DELETE";
            case ValueType.SINGLE_DELETION -> "SINGLE_DELETE";
            case ValueType.RANGE_DELETION -> "DELETE_RANGE";
            case ValueType.MERGE -> "MERGE";
            default -> "TYPE_" + batch.type();
        };
        boolean hasValue = batch.type() != ValueType.DELETION && batch.type() != ValueType.SINGLE_DELETION;
        DirectBuffer buffer = batch.buffer();
        return new Entry(
                operation,
                batch.columnFamily(),
                hex(buffer, batch.keyOffset(), batch.keyLength()),
                hex(buffer, batch.valueOffset(), batch.valueLength()),
                hasValue);
    }

    private static String hex(DirectBuffer buffer, int offset, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        return ByteText.hex(bytes);
    }
}
