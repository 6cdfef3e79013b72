// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.db;

import io.sluice.cli.tool.ByteText;
import io.sluice.cli.tool.Output;
import io.sluice.store.ReadOnlyStore;
import io.sluice.store.ReadOptions;
import io.sluice.store.StoreIterator;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice db scan}: the lines of {@code ldb scan}. */
@Command(name = "scan", description = "Print entries in the order of their keys: KEY : VALUE.")
final class ScanCommand implements Callable<Integer> {
    @Mixin
    private DbOptions options = new DbOptions();

    @Option(names = "--from", paramLabel = "KEY", description = "The first key.")
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "KEY", description = "The key before which it ends.")
    private @Nullable String to;

    @Option(names = "--max_keys", paramLabel = "N", description = "Entries at most.")
    private @Nullable Long maxKeys;

    @Option(names = "--no_value", description = "Print keys only.")
    private boolean noValue;

    @Option(names = "--json", description = "Print each entry as a JSON object, keys and values in hex.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        long left = maxKeys == null ? Long.MAX_VALUE : maxKeys;
        if (left < 1) {
            throw options.wrong("--max_keys=" + left + " is below 1");
        }
        ReadOptions.Builder bounds = ReadOptions.builder();
        byte[] start = from == null ? null : options.key(from);
        if (to != null) {
            bounds.iterateUpperBound(options.key(to));
        }
        try (Storage storage = options.storage();
                ReadOnlyStore store = options.openForReading(storage);
                StoreIterator entries = store.newIterator(options.choose(store.columnFamilies()), bounds.build());
                Output out = Output.ofStdout()) {
            if (start == null) {
                entries.seekToFirst();
            } else {
                entries.seek(start);
            }
            for (; left > 0 && entries.isValid(); entries.next(), left--) {
                print(entries.key(), entries.value(), out);
            }
        }
        return 0;
    }

    private void print(byte[] key, byte[] value, Output out) throws IOException {
        if (json) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("key", ByteText.hex(key));
            if (!noValue) {
                entry.put("value", ByteText.hex(value));
            }
            out.json(entry);
            return;
        }
        out.bytes(options.printKey(key));
        if (!noValue) {
            out.text(" : ").bytes(options.printValue(value));
        }
        out.line();
    }
}
