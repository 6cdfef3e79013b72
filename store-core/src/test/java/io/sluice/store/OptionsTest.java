// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.CompactionSettings;
import io.sluice.store.memory.DirectMemory;
import io.sluice.store.storage.MemoryStorage;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.rocksdb.RocksDB;
import org.slf4j.LoggerFactory;

/** Defaults are RocksDB's, asked of RocksDB; values that can't be are refused by name. */
class OptionsTest {
    @BeforeAll
    static void loadRocksDb() {
        RocksDB.loadLibrary();
    }

    @Test
    void shouldWorkOutWhatFollowsFromOtherOptionsAnewInACopy() {
        ColumnFamilyOptions built =
                ColumnFamilyOptions.builder().level0FileNumCompactionTrigger(50).build();
        assertThat(built.level0SlowdownWritesTrigger()).isEqualTo(50);
        ColumnFamilyOptions copy = built.toBuilder()
                .targetFileSizeBase(1 << 20)
                .level0FileNumCompactionTrigger(4)
                .build();
        ColumnFamilyOptions fresh =
                ColumnFamilyOptions.builder().targetFileSizeBase(1 << 20).build();
        assertThat(copy.maxCompactionBytes())
                .isEqualTo(fresh.maxCompactionBytes())
                .isEqualTo(25L << 20);
        assertThat(copy.level0SlowdownWritesTrigger()).isEqualTo(fresh.level0SlowdownWritesTrigger());
        assertThat(built.maxCompactionBytes()).isEqualTo(25 * (64L << 20));
        assertThat(built.toBuilder().maxCompactionBytes(7 << 20).build().toBuilder()
                        .build()
                        .maxCompactionBytes())
                .isEqualTo(7 << 20);
    }

    @Test
    void shouldHaveRocksDbsDefaults() {
        ColumnFamilyOptions family = ColumnFamilyOptions.DEFAULT;
        BlockBasedTableOptions table = family.tableOptions();
        DBOptions store = DBOptions.DEFAULT;
        try (org.rocksdb.ColumnFamilyOptions families = new org.rocksdb.ColumnFamilyOptions();
                org.rocksdb.DBOptions stores = new org.rocksdb.DBOptions();
                org.rocksdb.CompressionOptions compression = new org.rocksdb.CompressionOptions();
                org.rocksdb.FlushOptions flush = new org.rocksdb.FlushOptions();
                org.rocksdb.WriteOptions write = new org.rocksdb.WriteOptions()) {
            assertThat(family.writeBufferSize()).isEqualTo(families.writeBufferSize());
            assertThat(family.maxWriteBufferNumber()).isEqualTo(families.maxWriteBufferNumber());
            assertThat(family.minWriteBufferNumberToMerge()).isEqualTo(families.minWriteBufferNumberToMerge());
            assertThat(family.paranoidFileChecks()).isEqualTo(families.paranoidFileChecks());
            assertThat(family.compression().id())
                    .isEqualTo(families.compressionType().getValue());
            assertThat(family.compressionLevel()).isEqualTo(compression.level());
            assertThat(store.createIfMissing()).isEqualTo(stores.createIfMissing());
            assertThat(store.errorIfExists()).isEqualTo(stores.errorIfExists());
            assertThat(store.createMissingColumnFamilies()).isEqualTo(stores.createMissingColumnFamilies());
            assertThat(store.avoidFlushDuringShutdown()).isEqualTo(stores.avoidFlushDuringShutdown());
            assertThat(store.bgErrorResumeRetryInterval())
                    .isEqualTo(Duration.ofNanos(1000 * stores.bgerrorResumeRetryInterval()));
            assertThat(FlushOptions.DEFAULT.waitForFlush()).isEqualTo(flush.waitForFlush());
            assertThat(WriteOptions.DEFAULT.sync()).isEqualTo(write.sync());
            assertThat(WriteOptions.DEFAULT.disableWal()).isEqualTo(write.disableWAL());
            assertThat(WriteOptions.DEFAULT.noSlowdown()).isEqualTo(write.noSlowdown());
        }
        org.rocksdb.BlockBasedTableConfig tables = new org.rocksdb.BlockBasedTableConfig();
        assertThat(table.blockSize()).isEqualTo((int) tables.blockSize());
        assertThat(table.blockSizeDeviation()).isEqualTo(tables.blockSizeDeviation());
        assertThat(table.blockRestartInterval()).isEqualTo(tables.blockRestartInterval());
        assertThat(table.indexBlockRestartInterval()).isEqualTo(tables.indexBlockRestartInterval());
        assertThat(table.wholeKeyFiltering()).isEqualTo(tables.wholeKeyFiltering());
    }

    @Test
    void shouldRefuseValuesByName() {
        assertRefused(() -> ColumnFamilyOptions.builder().writeBufferSize(1), "write_buffer_size=1");
        assertRefused(() -> ColumnFamilyOptions.builder().maxWriteBufferNumber(1), "max_write_buffer_number=1");
        assertRefused(
                () -> ColumnFamilyOptions.builder()
                        .minWriteBufferNumberToMerge(2)
                        .build(),
                "min_write_buffer_number_to_merge=2");
        assertRefused(() -> DBOptions.builder().maxBackgroundFlushes(0), "max_background_flushes=0");
        assertRefused(() -> DBOptions.builder().shutdownTimeout(Duration.ZERO), "shutdown_timeout=PT0S");
        assertRefused(() -> FlushOptions.builder().timeout(Duration.ofMillis(-1)), "timeout=PT-0.001S");
        assertRefused(() -> BlockBasedTableOptions.builder().filterBitsPerKey(Double.NaN), "NaN");
        assertRefused(() -> new ColumnFamilyDescriptor(""), "empty");
    }

    @Test
    void shouldRaiseOneLevelToTwoAndSaySo() throws Exception {
        Logger logger = (Logger) LoggerFactory.getLogger(CompactionSettings.class);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        Level before = logger.getLevel();
        lines.start();
        logger.setLevel(Level.INFO);
        logger.addAppender(lines);
        try {
            assertThat(ColumnFamilyOptions.builder().numLevels(1).build().numLevels())
                    .isEqualTo(2);
            assertThat(ColumnFamilyOptions.builder().numLevels(2).build().numLevels())
                    .isEqualTo(2);
        } finally {
            logger.detachAppender(lines);
            logger.setLevel(before);
        }
        assertThat(lines.list).singleElement().satisfies(line -> {
            assertThat(line.getLevel()).isEqualTo(Level.INFO);
            assertThat(line.getFormattedMessage()).startsWith("num_levels=1 is raised to 2");
        });
    }

    @Test
    void shouldTakeTheSizeOfACompactionFromThatOfItsFiles() {
        assertThat(ColumnFamilyOptions.builder()
                        .targetFileSizeBase(1 << 20)
                        .build()
                        .maxCompactionBytes())
                .isEqualTo(25L << 20);
    }

    @Test
    void shouldRefuseMoreMemoryThanTheJvmAllowsAndTellWhatToSet() {
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .dbWriteBufferSize(1L << 40)
                .build();
        assertThatThrownBy(() -> Store.open(options, new MemoryStorage("large"), List.of()))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("store.memory.limit"))
                .hasMessageContaining("db_write_buffer_size=" + (1L << 40))
                .hasMessageContaining("-XX:MaxDirectMemorySize");
        assertThat(DBOptions.DEFAULT.dbWriteBufferSize()).isLessThanOrEqualTo(DirectMemory.limit());
    }

    private static void assertRefused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }
}
