// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.memory.SlabMemoryPool;
import io.sluice.store.storage.MemoryDirectories;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDB;

/**
 * Random stores that Sluice and RocksDB write in turns; runs with each RocksDB that the build names. Hundreds: {@code
 * -Dsluice.seeds=300}; the same again: {@code -Dsluice.seed=…}.
 */
@Tag("every-rocksdb")
class RandomStoresTest {
    private static final int MAX_FAILURES = 5;

    @TempDir(factory = MemoryDirectories.class)
    Path directory;

    @BeforeAll
    static void loadRocksDb() {
        RocksDB.loadLibrary();
    }

    @Test
    void shouldAgreeWithRocksDbOnStoresThatBothWrite(TestReporter reporter) throws Exception {
        long first = Long.getLong("sluice.seed", System.nanoTime());
        int count = Integer.getInteger("sluice.seeds", 12);
        reporter.publishEntry("seeds", first + " to " + (first + count - 1));
        List<AssertionError> failures = new ArrayList<>();
        try (SlabMemoryPool pool = new SlabMemoryPool(64 << 20, 1 << 18, 4 << 20)) {
            for (long seed = first; seed < first + count && failures.size() < MAX_FAILURES; seed++) {
                Path root = Files.createDirectory(directory.resolve("seed-" + seed));
                try {
                    RandomStore.run(seed, root, pool);
                } catch (AssertionError e) {
                    failures.add(e);
                }
                delete(root);
            }
        }
        assertThat(failures).isEmpty();
    }

    private static void delete(Path root) throws Exception {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
