// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.db;

import io.sluice.cli.command.CommandFailure;
import io.sluice.cli.tool.ByteText;
import io.sluice.cli.tool.Output;
import io.sluice.store.ReadOnlyStore;
import io.sluice.store.storage.Storage;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sluice db get}. */
@Command(name = "get", description = "Print the value of a key. Exit code 1 where it is not there.")
final class GetCommand implements Callable<Integer> {
    @Mixin
    private DbOptions options = new DbOptions();

    @Parameters(paramLabel = "KEY")
    private String key = "";

    @Option(names = "--json", description = "Print a JSON object, key and value in hex.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        byte[] wanted = options.key(key);
        try (Storage storage = options.storage();
                ReadOnlyStore store = options.openForReading(storage);
                Output out = Output.ofStdout()) {
            byte[] value = store.get(options.choose(store.columnFamilies()), wanted);
            if (value == null) {
                throw new CommandFailure("not found: " + key);
            }
            if (json) {
                out.json(Map.of("key", ByteText.hex(wanted), "value", ByteText.hex(value)));
            } else {
                out.bytes(options.printValue(value)).line();
            }
        }
        return 0;
    }
}
