// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluice.store.memory.SlabMemoryPool;
import io.sluice.store.storage.MemoryDirectories;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random stores that Sluice and Debian's ldb (RocksDB 7.8) write in turns. More of them: {@code -Dsluice.seeds=60}; the
 * same again: {@code -Dsluice.seed=…}.
 */
class LdbStoresTest {
    @TempDir(factory = MemoryDirectories.class)
    Path directory;

    @Test
    void shouldAgreeWithLdbOnStoresThatBothWrite(TestReporter reporter) throws Exception {
        assumeTrue(Ldb.isInstalled(), "rocksdb-tools is not installed");
        long first = Long.getLong("sluice.seed", System.nanoTime());
        int count = Integer.getInteger("sluice.seeds", 2);
        reporter.publishEntry("seeds", first + " to " + (first + count - 1));
        try (SlabMemoryPool pool = new SlabMemoryPool(64 << 20, 1 << 18, 4 << 20)) {
            for (long seed = first; seed < first + count; seed++) {
                Path root = Files.createDirectory(directory.resolve("seed-" + seed));
                try {
                    run(new Draw(new Random(seed)), root, pool);
                } catch (AssertionError | Exception e) {
                    throw new AssertionError("repeat with -Dsluice.seed=" + seed + " -Dsluice.seeds=1", e);
                }
            }
        }
    }

    static void run(Draw draw, Path root, SlabMemoryPool pool) throws Exception {
        Path store = root.resolve("store");
        boolean theirs = draw.coin();
        // ldb can't be told merge operators and comparators, but reads them from the OPTIONS file that we write.
        History history = new History(draw, root, theirs ? FamilyPlan::plain : FamilyPlan::of);
        Ldb ldb = new Ldb(store, flags(draw));
        if (theirs) {
            writeThere(ldb, draw, history, true);
        }
        boolean logged = draw.coin();
        try (Engine engine = new SluiceEngine(store, history.plans(), new SluiceOptions(draw, pool), false, logged)) {
            history.check(engine);
            history.goOn(engine, draw.between(5, 150), logged);
        }
        readThere(ldb, history, theirs);
        writeThere(ldb, draw, history, false);
        try (Engine engine = new SluiceEngine(store, history.plans(), new SluiceOptions(draw, pool), false, false)) {
            history.check(engine);
        }
    }

    private static List<String> flags(Draw draw) {
        List<String> flags = new ArrayList<>();
        flags.add("--compression_type=" + draw.oneOf("no", "snappy", "zlib", "bzip2", "lz4", "lz4hc", "zstd"));
        flags.add("--block_size=" + draw.oneOf(200, 1000, 4096));
        flags.add("--write_buffer_size=" + draw.oneOf(1 << 20, 4 << 20));
        flags.add("--file_size=" + draw.oneOf(2000, 2 << 20));
        flags.add("--auto_compaction=" + draw.coin());
        if (draw.coin()) {
            flags.add("--bloom_bits=" + draw.between(2, 14));
        }
        if (draw.once(3)) {
            flags.add("--compression_max_dict_bytes=4096");
        }
        return flags;
    }

    private static void readThere(Ldb ldb, History history, boolean plain) throws Exception {
        for (String family : history.names()) {
            assertThat(ldb.scan(family))
                    .as("ldb scan of %s", family)
                    .isEqualTo(List.copyOf(history.model(family).content().entrySet()));
            if (plain) {
                assertThat(ldb.internalEntries(family))
                        .isGreaterThanOrEqualTo(history.model(family).content().size());
            }
        }
        ldb.verify();
    }

    private static void writeThere(Ldb ldb, Draw draw, History history, boolean create) throws Exception {
        for (String family : history.names()) {
            FamilyModel model = history.model(family);
            if (create && family.equals("default")) {
                load(ldb, draw, model);
            } else if (create) {
                ldb.createFamily(family);
            }
            List<String> puts = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                Write write = model.draw(draw);
                if (write.kind() == Write.Kind.PUT) {
                    puts.add(Ldb.hex(write.key()));
                    puts.add(Ldb.hex(write.value()));
                    model.apply(write);
                } else if (write.kind() == Write.Kind.DELETE && draw.once(5)) {
                    batchPut(ldb, family, puts);
                    ldb.run(family, "delete", Ldb.hex(write.key()));
                    model.apply(write);
                } else if (write.kind() == Write.Kind.DELETE_RANGE && draw.coin()) {
                    batchPut(ldb, family, puts);
                    ldb.run(family, "deleterange", Ldb.hex(write.key()), Ldb.hex(write.value()));
                    model.apply(write);
                }
            }
            batchPut(ldb, family, puts);
            if (draw.once(3)) {
                ldb.run(family, "compact");
            }
        }
    }

    private static void load(Ldb ldb, Draw draw, FamilyModel model) throws Exception {
        StringBuilder lines = new StringBuilder();
        for (String key : model.plan().keys()) {
            Write put = new Write(Write.Kind.PUT, "default", key, model.value(draw));
            lines.append(Ldb.hex(key))
                    .append(" ==> ")
                    .append(Ldb.hex(put.value()))
                    .append('\n');
            model.apply(put);
        }
        String how = draw.oneOf("--disable_wal", "--bulk_load", "--compact", "--create_if_missing");
        ldb.feed("default", lines.toString(), "load", "--create_if_missing", how);
    }

    private static void batchPut(Ldb ldb, String family, List<String> puts) throws Exception {
        if (!puts.isEmpty()) {
            puts.add(0, "batchput");
            ldb.run(family, puts.toArray(String[]::new));
            puts.clear();
        }
    }
}
