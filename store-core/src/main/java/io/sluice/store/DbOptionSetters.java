// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.util.Map.entry;

import io.sluice.store.OptionsInterpreter.Setter;
import io.sluice.store.base.StoreException;
import io.sluice.store.engine.OptionEnums;
import io.sluice.store.wal.WalRecoveryMode;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/** The options of a store that a file can have, with their ranges at {@link DBOptions.Builder}. */
final class DbOptionSetters {
    private static final long KIB = 1L << 10;
    private static final long TIB = 1L << 40;

    static final Map<String, Setter<DBOptions.Builder>> BY_NAME = Map.ofEntries(
            entry("create_if_missing", (b, v) -> b.createIfMissing(v.flag())),
            entry("error_if_exists", (b, v) -> b.errorIfExists(v.flag())),
            entry("create_missing_column_families", (b, v) -> b.createMissingColumnFamilies(v.flag())),
            entry("max_background_jobs", (b, v) -> b.maxBackgroundJobs(v.integer(1, 128))),
            entry(
                    "max_background_flushes",
                    (b, v) -> unlessUnset(v, -1, () -> b.maxBackgroundFlushes(v.integer(1, 64)))),
            entry(
                    "max_background_compactions",
                    (b, v) -> unlessUnset(v, -1, () -> b.maxBackgroundCompactions(v.integer(1, 64)))),
            entry("max_subcompactions", (b, v) -> b.maxSubcompactions(v.integer(1, 64))),
            entry("max_open_files", (b, v) -> b.maxOpenFiles(v.number() == -1 ? -1 : v.integer(20, 1 << 20))),
            entry(
                    "db_write_buffer_size",
                    (b, v) -> unlessUnset(v, 0, () -> b.dbWriteBufferSize(v.number(4L << 20, TIB)))),
            entry("delayed_write_rate", (b, v) -> unlessUnset(v, 0, () -> b.delayedWriteRate(v.number(KIB, TIB)))),
            entry("avoid_flush_during_shutdown", (b, v) -> b.avoidFlushDuringShutdown(v.flag())),
            entry("max_bgerror_resume_count", (b, v) -> b.maxBgErrorResumeCount(v.integer(0, Integer.MAX_VALUE))),
            entry(
                    "bgerror_resume_retry_interval",
                    (b, v) -> b.bgErrorResumeRetryInterval(Duration.of(v.number(1, TIB), ChronoUnit.MICROS))),
            entry("wal_recovery_mode", DbOptionSetters::recoveryMode),
            entry("max_total_wal_size", (b, v) -> b.maxTotalWalSize(v.number(0, TIB))),
            entry("wal_bytes_per_sync", (b, v) -> b.walBytesPerSync(v.number(0, TIB))),
            entry("manual_wal_flush", (b, v) -> b.manualWalFlush(v.flag())),
            entry("wal_dir", (b, v) -> {
                if (!v.raw().isEmpty()) {
                    v.unsupported("logs are in the store's directory");
                }
            }));

    @FunctionalInterface
    private interface Action {
        void run() throws StoreException;
    }

    private DbOptionSetters() {}

    /** Leaves the default for the number by which RocksDB says that an option is not set. */
    private static void unlessUnset(OptionValue value, long unset, Action action) throws StoreException {
        if (value.number() != unset) {
            action.run();
        }
    }

    private static void recoveryMode(DBOptions.Builder builder, OptionValue value) throws StoreException {
        WalRecoveryMode mode = value.oneOf(OptionEnums.RECOVERY_MODES);
        if (mode != null) {
            builder.walRecoveryMode(mode);
        }
    }
}
