// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.tool;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.RangeTombstone;
import io.sluice.store.sst.TableReader;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice sst scan}: the lines of {@code sst_dump --command=scan}. */
@Command(name = "scan", description = "Print every entry: 'KEY' seq:N, type:T => VALUE. sst_dump --command=scan.")
final class SstScan implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private SstCommand.Files files = new SstCommand.Files();

    @Option(names = "--output_hex", description = "Keys and values in hex.")
    private boolean hex;

    @Option(names = "--input_key_hex", description = "--from and --to are in hex: 0x00FF.")
    private boolean keyHex;

    @Option(names = "--from", paramLabel = "KEY", description = "The first key.")
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "KEY", description = "The key before which it ends.")
    private @Nullable String to;

    @Option(names = "--read_num", paramLabel = "N", description = "Entries of each file at most.")
    private long limit = Long.MAX_VALUE;

    @Option(
            names = "--range_deletions",
            description = "Print the range deletions too, after the entries: 'START' seq:N, type:15 => END.")
    private boolean rangeDeletions;

    @Override
    public Integer call() throws Exception {
        DirectBuffer start = bound(from);
        DirectBuffer end = bound(to);
        try (Output out = Output.ofStdout()) {
            for (String path : files.tables()) {
                try (ToolFile file = ToolFile.of(path);
                        TableReader table = Tables.open(file.storage(), file.name());
                        InternalIterator entries = table.iterator()) {
                    if (!files.json) {
                        out.text("Process " + path).line();
                    }
                    print(path, entries, table.comparator(), start, end, out);
                    if (rangeDeletions) {
                        printRangeDeletions(path, table, out);
                    }
                }
            }
        }
        return 0;
    }

    private void print(
            String path,
            InternalIterator entries,
            KeyComparator order,
            @Nullable DirectBuffer start,
            @Nullable DirectBuffer end,
            Output out)
            throws IOException {
        if (start == null) {
            entries.seekToFirst();
        } else {
            long newest = InternalKey.trailer(InternalKey.MAX_SEQUENCE, ValueType.FOR_SEEK);
            entries.seek(new UnsafeBuffer(InternalKey.encode(start, newest)));
        }
        for (long left = limit; left > 0 && entries.isValid(); left--) {
            DirectBuffer key = entries.key();
            int length = InternalKey.userKeyLength(key);
            if (end != null && order.compare(key, 0, length, end, 0, end.capacity()) >= 0) {
                return;
            }
            byte[] userKey = new byte[length];
            key.getBytes(0, userKey);
            entry(path, userKey, InternalKey.trailer(key), Tables.copy(entries.value()), out);
            entries.next();
        }
    }

    private void printRangeDeletions(String path, TableReader table, Output out) throws IOException {
        for (RangeTombstone tombstone : table.rangeTombstones().tombstones()) {
            long trailer = InternalKey.trailer(tombstone.sequence(), ValueType.RANGE_DELETION);
            entry(
                    path,
                    Tables.copy(tombstone.start().buffer()),
                    trailer,
                    Tables.copy(tombstone.end().buffer()),
                    out);
        }
    }

    private void entry(String path, byte[] key, long trailer, byte[] value, Output out) throws IOException {
        long sequence = InternalKey.sequence(trailer);
        int type = InternalKey.type(trailer);
        if (files.json) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("file", path);
            entry.put("key", ByteText.hex(key));
            entry.put("sequence", sequence);
            entry.put("type", type);
            entry.put("value", ByteText.hex(value));
            out.json(entry);
            return;
        }
        out.text("'");
        text(key, out).text("' seq:" + sequence + ", type:" + type + " => ");
        text(value, out).line();
    }

    private Output text(byte[] bytes, Output out) throws IOException {
        return hex ? out.text(ByteText.digits(bytes)) : out.bytes(bytes);
    }

    private @Nullable DirectBuffer bound(@Nullable String text) {
        try {
            return text == null ? null : new UnsafeBuffer(ByteText.parse(text, keyHex));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }
}
