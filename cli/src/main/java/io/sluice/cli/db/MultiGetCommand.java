// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.db;

import io.sluice.cli.tool.ByteText;
import io.sluice.cli.tool.Output;
import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.ReadOnlyStore;
import io.sluice.store.storage.Storage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sluice db multiget}: the lines of newer {@code ldb}s' {@code multi_get}. */
@Command(
        name = "multiget",
        aliases = "multi_get",
        description = "Print the values of keys: KEY : VALUE, or Key not found: KEY. Exit code 0 in either case.")
final class MultiGetCommand implements Callable<Integer> {
    @Mixin
    private DbOptions options = new DbOptions();

    @Parameters(arity = "1..*", paramLabel = "KEY")
    private List<String> keys = List.of();

    @Option(names = "--json", description = "Print each as a JSON object in hex, its value null where it is not there.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        List<byte[]> wanted = keys.stream().map(options::key).toList();
        try (Storage storage = options.storage();
                ReadOnlyStore store = options.openForReading(storage);
                Output out = Output.ofStdout()) {
            ColumnFamilyHandle columnFamily = options.choose(store.columnFamilies());
            for (byte[] key : wanted) {
                byte[] value = store.get(columnFamily, key);
                if (json) {
                    out.json(asJson(key, value));
                } else if (value == null) {
                    out.text("Key not found: ").bytes(options.printKey(key)).line();
                } else {
                    out.bytes(options.printKey(key))
                            .text(" : ")
                            .bytes(options.printValue(value))
                            .line();
                }
            }
        }
        return 0;
    }

    private static Map<String, @Nullable Object> asJson(byte[] key, byte @Nullable [] value) {
        Map<String, @Nullable Object> entry = new LinkedHashMap<>();
        entry.put("key", ByteText.hex(key));
        entry.put("value", value == null ? null : ByteText.hex(value));
        return entry;
    }
}
