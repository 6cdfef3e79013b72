// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.db;

import io.sluice.cli.tool.Output;
import io.sluice.cli.tool.Progress;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice db check}: more than {@code ldb checkconsistency}, which looks at the files' sizes. */
@Command(
        name = "check",
        aliases = "checkconsistency",
        description = "Open the store for reading, then read every entry of every SST: checksums, order, number, and"
                + " that all is within what the manifest says.")
final class CheckCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--db", required = true, paramLabel = "DIR", description = "The store: a path or URI.")
    private String db = "";

    @Option(names = "--json", description = "Print a JSON object.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        Progress progress = new Progress(spec.commandLine().getErr(), System::nanoTime);
        try (Storage storage = Storages.open(db, Map.of());
                Output out = Output.ofStdout()) {
            StoreCheck.Result found = StoreCheck.run(storage, progress);
            if (json) {
                Map<String, Object> result = new LinkedHashMap<>();
                result.put("ok", true);
                result.put("files", found.files());
                result.put("entries", found.entries());
                out.json(result);
            } else {
                out.text("OK").line();
            }
        }
        return 0;
    }
}
