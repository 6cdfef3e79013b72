// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.db;

import io.sluice.cli.tool.Output;
import io.sluice.store.manifest.ColumnFamilyInfo;
import io.sluice.store.manifest.ManifestOptions;
import io.sluice.store.manifest.VersionSet;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sluice db list-cf}: the lines of {@code ldb list_column_families}. */
@Command(name = "list-cf", aliases = "list_column_families", description = "Print the names of the column families.")
final class ListCommand implements Callable<Integer> {
    @Option(names = "--db", required = true, paramLabel = "DIR", description = "The store: a path or URI.")
    private String db = "";

    @Option(names = "--json", description = "Print a JSON array.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        try (Storage storage = Storages.open(db, Map.of());
                Output out = Output.ofStdout()) {
            List<String> names = VersionSet.list(storage, ManifestOptions.defaults()).stream()
                    .map(ColumnFamilyInfo::name)
                    .toList();
            if (json) {
                out.json(names);
            } else {
                out.text("Column families in " + db + ": ").line();
                out.text("{" + String.join(", ", names) + "}").line();
            }
        }
        return 0;
    }
}
