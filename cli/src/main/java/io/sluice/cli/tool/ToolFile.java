// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.tool;

import io.sluice.store.manifest.FileNames;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * A file that the command line names.
 *
 * @param storage its directory, to be closed by whoever asked for the file
 * @param name its name there
 * @param shown what messages call it
 */
record ToolFile(Storage storage, String name, String shown) implements AutoCloseable {
    /** A file by its path or URI. */
    static ToolFile of(String path) throws IOException {
        int slash = path.lastIndexOf('/');
        String directory = slash < 0 ? "." : slash == 0 ? "/" : path.substring(0, slash);
        return new ToolFile(Storages.open(directory, Map.of()), path.substring(slash + 1), path);
    }

    /** The tables that a path means: itself, or those in it where it is a directory. */
    static List<String> tables(String path) throws IOException {
        boolean isTable =
                FileNames.parse(path.substring(path.lastIndexOf('/') + 1)).type() == FileNames.Type.TABLE;
        boolean isLocalFile = path.indexOf(':') < 0 && Files.isRegularFile(Path.of(path));
        if (isTable || isLocalFile) {
            return List.of(path);
        }
        List<String> tables = new ArrayList<>();
        try (Storage storage = Storages.open(path, Map.of())) {
            for (String name : storage.list("")) {
                if (FileNames.parse(name).type() == FileNames.Type.TABLE) {
                    tables.add(path + "/" + name);
                }
            }
        }
        Collections.sort(tables);
        return tables;
    }

    @Override
    public void close() throws IOException {
        storage.close();
    }
}
