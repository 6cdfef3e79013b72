// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import io.sluice.store.storage.LocalStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A store's directory as it is, for whoever looks for the cause of a finding. */
final class StoreCopy {
    private StoreCopy() {}

    /** Copies a store that no process has open over an earlier copy; does nothing where there is none. */
    static void copy(Path from, Path to) throws IOException {
        if (!Files.exists(from)) {
            return;
        }
        delete(to);
        List<Path> all;
        try (Stream<Path> walk = Files.walk(from)) {
            all = walk.toList();
        }
        for (Path path : all) {
            Path target = to.resolve(from.relativize(path));
            if (Files.isDirectory(path)) {
                Files.createDirectories(target);
            } else if (path.toString().endsWith(".sst")) {
                // never changes once it has its name
                Files.createLink(target, path);
            } else {
                Files.copy(path, target);
            }
        }
    }

    /** Deletes a store, where there is one. */
    static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (LocalStorage storage = new LocalStorage(directory)) {
                for (String name : storage.list("")) {
                    storage.deleteRecursively(name);
                }
            }
        }
    }
}
