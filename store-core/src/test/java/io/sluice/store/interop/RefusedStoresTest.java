// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.interop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.DBOptions;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.MemoryDirectories;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.AbstractComparator;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.ComparatorOptions;
import org.rocksdb.DbPath;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.PlainTableConfig;
import org.rocksdb.RocksDB;

/** Stores of RocksDB with what is not read here: each is refused by name, and stays as it is. */
@Tag("every-rocksdb")
class RefusedStoresTest {
    @TempDir(factory = MemoryDirectories.class)
    Path directory;

    @BeforeAll
    static void loadRocksDb() {
        RocksDB.loadLibrary();
    }

    @Test
    void shouldRefuseBlobFiles() throws Exception {
        assertRefused(
                options -> options.setEnableBlobFiles(true),
                StoreException.Kind.NOT_SUPPORTED,
                "manifest.unsupported",
                "blob files");
    }

    @Test
    void shouldRefuseTablesThatAreNotBlockBased() throws Exception {
        assertRefused(
                options -> options.setTableFormatConfig(new PlainTableConfig())
                        .useFixedLengthPrefixExtractor(1)
                        .setAllowMmapReads(true),
                StoreException.Kind.NOT_SUPPORTED,
                "sst.table-factory",
                "PlainTable");
    }

    @Test
    void shouldRefuseSeveralDirectories() throws Exception {
        List<DbPath> paths =
                List.of(new DbPath(directory.resolve("store"), 0), new DbPath(directory.resolve("more"), 1 << 30));
        assertRefused(
                options -> options.setDbPaths(paths),
                StoreException.Kind.NOT_SUPPORTED,
                "manifest.unsupported",
                "db_paths");
    }

    @Test
    void shouldRefuseLogsInAnotherDirectory() throws Exception {
        assertRefused(
                options -> options.setWalDir(directory.resolve("logs").toString()),
                StoreException.Kind.NOT_SUPPORTED,
                "store.wal-dir",
                "wal_dir=");
    }

    @Test
    void shouldRefuseComparatorsThatItDoesNotKnow() throws Exception {
        try (ComparatorOptions how = new ComparatorOptions();
                AbstractComparator comparator = new Backwards(how)) {
            assertRefused(
                    options -> options.setComparator(comparator),
                    StoreException.Kind.INVALID_ARGUMENT,
                    "manifest.comparator",
                    "a.program's");
        }
    }

    private void assertRefused(Consumer<Options> how, StoreException.Kind kind, String code, String feature)
            throws Exception {
        Path store = directory.resolve("store");
        try (Options options = new Options().setCreateIfMissing(true);
                FlushOptions flush = new FlushOptions();
                CompactRangeOptions compact = new CompactRangeOptions()) {
            how.accept(options);
            compact.setTargetPathId(Math.max(0, options.dbPaths().size() - 1));
            try (RocksDB db = RocksDB.open(options, store.toString())) {
                for (int i = 0; i < 2; i++) {
                    db.put("key".getBytes(UTF_8), "value".getBytes(UTF_8));
                    db.flush(flush);
                }
                db.compactRange(db.getDefaultColumnFamily(), null, null, compact);
            }
            assertThatThrownBy(() -> Store.open(DBOptions.DEFAULT, store))
                    .isInstanceOfSatisfying(StoreException.class, e -> {
                        assertThat(e.kind()).isEqualTo(kind);
                        assertThat(e.code()).isEqualTo(code);
                    })
                    .hasMessageContaining(feature);
            try (RocksDB db = RocksDB.open(options, store.toString())) {
                assertThat(db.get("key".getBytes(UTF_8))).isEqualTo("value".getBytes(UTF_8));
            }
        }
    }

    private static final class Backwards extends AbstractComparator {
        Backwards(ComparatorOptions how) {
            super(how);
        }

        @Override
        public String name() {
            return "a.program's";
        }

        @Override
        public int compare(java.nio.ByteBuffer a, java.nio.ByteBuffer b) {
            return b.compareTo(a);
        }
    }
}
