// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.compaction.CompactionExecutorFactory;
import io.sluice.store.flush.FlushExecutorFactory;
import io.sluice.store.memory.DirectMemory;
import io.sluice.store.memory.MemoryPool;
import io.sluice.store.wal.WalRecoveryMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The options of a whole store. A value; names and defaults are RocksDB's where it has the option. */
public final class DBOptions {
    /** The defaults. */
    public static final DBOptions DEFAULT = builder().build();

    private final boolean createIfMissing;
    private final boolean errorIfExists;
    private final boolean createMissingColumnFamilies;
    private final int maxBackgroundJobs;
    private final int maxBackgroundFlushes;
    private final int maxBackgroundCompactions;
    private final int maxSubcompactions;
    private final int maxLevel1Subcompactions;
    private final long rateBytesPerSecond;
    private final int maxOpenFiles;
    private final long dbWriteBufferSize;
    private final long delayedWriteRate;
    private final boolean avoidFlushDuringShutdown;
    private final Duration shutdownTimeout;
    private final int maxBgErrorResumeCount;
    private final Duration bgErrorResumeRetryInterval;
    private final WalRecoveryMode walRecoveryMode;
    private final long maxTotalWalSize;
    private final long walBytesPerSync;
    private final boolean manualWalFlush;
    private final boolean remoteFlush;
    private final @Nullable FlushExecutorFactory remoteFlushExecutor;
    private final @Nullable CompactionExecutorFactory remoteCompactionExecutor;
    private final @Nullable MemoryPool memoryPool;
    private final boolean statistics;
    private final List<EventListener> listeners;

    private DBOptions(Builder builder) {
        this.createIfMissing = builder.createIfMissing;
        this.errorIfExists = builder.errorIfExists;
        this.createMissingColumnFamilies = builder.createMissingColumnFamilies;
        this.maxBackgroundJobs = builder.maxBackgroundJobs;
        this.maxBackgroundFlushes = builder.maxBackgroundFlushes;
        this.maxBackgroundCompactions = builder.maxBackgroundCompactions;
        this.maxSubcompactions = builder.maxSubcompactions;
        this.maxLevel1Subcompactions = builder.maxLevel1Subcompactions;
        this.rateBytesPerSecond = builder.rateBytesPerSecond;
        this.maxOpenFiles = builder.maxOpenFiles;
        this.dbWriteBufferSize = builder.dbWriteBufferSize;
        this.delayedWriteRate = builder.delayedWriteRate;
        this.avoidFlushDuringShutdown = builder.avoidFlushDuringShutdown;
        this.shutdownTimeout = builder.shutdownTimeout;
        this.maxBgErrorResumeCount = builder.maxBgErrorResumeCount;
        this.bgErrorResumeRetryInterval = builder.bgErrorResumeRetryInterval;
        this.walRecoveryMode = builder.walRecoveryMode;
        this.maxTotalWalSize = builder.maxTotalWalSize;
        this.walBytesPerSync = builder.walBytesPerSync;
        this.manualWalFlush = builder.manualWalFlush;
        this.remoteFlush = builder.remoteFlush;
        this.remoteFlushExecutor = builder.remoteFlushExecutor;
        this.remoteCompactionExecutor = builder.remoteCompactionExecutor;
        this.memoryPool = builder.memoryPool;
        this.statistics = builder.statistics;
        this.listeners = List.copyOf(builder.listeners);
    }

    /** A builder with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that begins with these options. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** Whether a missing store is created. */
    public boolean createIfMissing() {
        return createIfMissing;
    }

    /** Whether opening fails where the store exists. */
    public boolean errorIfExists() {
        return errorIfExists;
    }

    /** Whether column families that are named at open but missing are created. */
    public boolean createMissingColumnFamilies() {
        return createMissingColumnFamilies;
    }

    /** Flushes and compactions on this machine at once. */
    public int maxBackgroundJobs() {
        return maxBackgroundJobs;
    }

    /** Threads that flush on this machine: a quarter of {@link #maxBackgroundJobs} where it is not set. */
    public int maxBackgroundFlushes() {
        return maxBackgroundFlushes > 0 ? maxBackgroundFlushes : Math.max(1, maxBackgroundJobs / 4);
    }

    /** Compactions at once on this machine: the rest of {@link #maxBackgroundJobs} where it is not set. */
    public int maxBackgroundCompactions() {
        return maxBackgroundCompactions > 0
                ? maxBackgroundCompactions
                : Math.max(1, maxBackgroundJobs - maxBackgroundFlushes());
    }

    /** Ranges that one compaction may be split into. */
    public int maxSubcompactions() {
        return maxSubcompactions;
    }

    /** Ranges that a compaction of L0 into the level below may be split into. */
    public int maxLevel1Subcompactions() {
        return maxLevel1Subcompactions > 0 ? maxLevel1Subcompactions : maxSubcompactions;
    }

    /** Bytes that flushes and compactions here write in a second, 0 for no limit. */
    public long rateBytesPerSecond() {
        return rateBytesPerSecond;
    }

    /** Tables that are open at once, or −1 for all. */
    public int maxOpenFiles() {
        return maxOpenFiles;
    }

    /** Bytes that all memtables may take. */
    public long dbWriteBufferSize() {
        return dbWriteBufferSize;
    }

    /** Bytes per second while writes are slowed. */
    public long delayedWriteRate() {
        return delayedWriteRate;
    }

    /** Whether closing drops what was not flushed. */
    public boolean avoidFlushDuringShutdown() {
        return avoidFlushDuringShutdown;
    }

    /** The longest that closing waits for the last flushes. */
    public Duration shutdownTimeout() {
        return shutdownTimeout;
    }

    /** Retries of a failed flush before writes stop. */
    public int maxBgErrorResumeCount() {
        return maxBgErrorResumeCount;
    }

    /** The pause before the first retry of a failed flush; it doubles with each. */
    public Duration bgErrorResumeRetryInterval() {
        return bgErrorResumeRetryInterval;
    }

    /** What opening does about damaged write-ahead logs. */
    public WalRecoveryMode walRecoveryMode() {
        return walRecoveryMode;
    }

    /** Bytes of all logs from which on the oldest is made to go, or 0 for four times the memtables' limits. */
    public long maxTotalWalSize() {
        return maxTotalWalSize;
    }

    /** Bytes of a log after which it is synced, or 0 for never. */
    public long walBytesPerSync() {
        return walBytesPerSync;
    }

    /** Whether writes stay in this process until {@link Store#flushWal} hands them on. */
    public boolean manualWalFlush() {
        return manualWalFlush;
    }

    /** Whether flushes go to workers, where there is a remote flush executor. */
    public boolean remoteFlush() {
        return remoteFlush;
    }

    /** Makes the remote flush executor, or null for a local store. */
    public @Nullable FlushExecutorFactory remoteFlushExecutor() {
        return remoteFlushExecutor;
    }

    /** Makes the remote compaction executor, or null for a store that compacts on this machine. */
    public @Nullable CompactionExecutorFactory remoteCompactionExecutor() {
        return remoteCompactionExecutor;
    }

    /** The pool of the memtables' memory, or null for one of the store's own. */
    public @Nullable MemoryPool memoryPool() {
        return memoryPool;
    }

    /** Whether the store counts {@link io.sluice.store.base.Ticker}s. */
    public boolean statistics() {
        return statistics;
    }

    /** Who is told of events. */
    public List<EventListener> listeners() {
        return listeners;
    }

    /** Builds {@link DBOptions}. */
    public static final class Builder {
        private boolean createIfMissing;
        private boolean errorIfExists;
        private boolean createMissingColumnFamilies;
        private int maxBackgroundJobs = 2;
        private int maxBackgroundFlushes;
        private int maxBackgroundCompactions;
        private int maxSubcompactions = 1;
        private int maxLevel1Subcompactions;
        private long rateBytesPerSecond;
        private int maxOpenFiles = -1;
        private long dbWriteBufferSize = Math.max(4L << 20, Math.min(1L << 30, DirectMemory.limit() / 2));
        private long delayedWriteRate = 16L << 20;
        private boolean avoidFlushDuringShutdown;
        private Duration shutdownTimeout = Duration.ofSeconds(60);
        private int maxBgErrorResumeCount = 5;
        private Duration bgErrorResumeRetryInterval = Duration.ofSeconds(1);
        private WalRecoveryMode walRecoveryMode = WalRecoveryMode.POINT_IN_TIME_RECOVERY;
        private long maxTotalWalSize;
        private long walBytesPerSync;
        private boolean manualWalFlush;
        private boolean remoteFlush = true;
        private @Nullable FlushExecutorFactory remoteFlushExecutor;
        private @Nullable CompactionExecutorFactory remoteCompactionExecutor;
        private @Nullable MemoryPool memoryPool;
        private boolean statistics;
        private final List<EventListener> listeners = new ArrayList<>();

        private Builder() {}

        private Builder(DBOptions from) {
            createIfMissing = from.createIfMissing;
            errorIfExists = from.errorIfExists;
            createMissingColumnFamilies = from.createMissingColumnFamilies;
            maxBackgroundJobs = from.maxBackgroundJobs;
            maxBackgroundFlushes = from.maxBackgroundFlushes;
            maxBackgroundCompactions = from.maxBackgroundCompactions;
            maxSubcompactions = from.maxSubcompactions;
            maxLevel1Subcompactions = from.maxLevel1Subcompactions;
            rateBytesPerSecond = from.rateBytesPerSecond;
            statistics = from.statistics;
            maxOpenFiles = from.maxOpenFiles;
            dbWriteBufferSize = from.dbWriteBufferSize;
            delayedWriteRate = from.delayedWriteRate;
            avoidFlushDuringShutdown = from.avoidFlushDuringShutdown;
            shutdownTimeout = from.shutdownTimeout;
            maxBgErrorResumeCount = from.maxBgErrorResumeCount;
            bgErrorResumeRetryInterval = from.bgErrorResumeRetryInterval;
            walRecoveryMode = from.walRecoveryMode;
            maxTotalWalSize = from.maxTotalWalSize;
            walBytesPerSync = from.walBytesPerSync;
            manualWalFlush = from.manualWalFlush;
            remoteFlush = from.remoteFlush;
            remoteFlushExecutor = from.remoteFlushExecutor;
            remoteCompactionExecutor = from.remoteCompactionExecutor;
            memoryPool = from.memoryPool;
            listeners.addAll(from.listeners);
        }

        /** {@code create_if_missing}; false. */
        public Builder createIfMissing(boolean value) {
            createIfMissing = value;
            return this;
        }

        /** {@code error_if_exists}; false. */
        public Builder errorIfExists(boolean value) {
            errorIfExists = value;
            return this;
        }

        /** {@code create_missing_column_families}; false. */
        public Builder createMissingColumnFamilies(boolean value) {
            createMissingColumnFamilies = value;
            return this;
        }

        /**
         * {@code max_background_jobs}, 1 to 128; 2. A quarter of them, at least one, flush, the others compact; several
         * compactions run at once only where compaction falls behind. Can be changed while the store is open, for
         * compactions.
         */
        public Builder maxBackgroundJobs(int jobs) {
            maxBackgroundJobs = Checks.inRange("max_background_jobs", jobs, 1, 128);
            return this;
        }

        /** {@code max_background_flushes}, 1 to 64 threads; by default from {@link #maxBackgroundJobs}. */
        public Builder maxBackgroundFlushes(int threads) {
            maxBackgroundFlushes = Checks.inRange("max_background_flushes", threads, 1, 64);
            return this;
        }

        /** {@code max_background_compactions}, 1 to 64; by default from {@link #maxBackgroundJobs}. */
        public Builder maxBackgroundCompactions(int threads) {
            maxBackgroundCompactions = Checks.inRange("max_background_compactions", threads, 1, 64);
            return this;
        }

        /** {@code max_subcompactions}, 1 to 64: ranges that a compaction of L0, or an explicit one, is split into; 1. */
        public Builder maxSubcompactions(int ranges) {
            maxSubcompactions = Checks.inRange("max_subcompactions", ranges, 1, 64);
            return this;
        }

        /**
         * {@code max_level1_subcompactions}, ToplingDB's, 0 to 64: in place of {@code max_subcompactions} where L0 is
         * compacted into the level below by itself; 0 for the same.
         */
        public Builder maxLevel1Subcompactions(int ranges) {
            maxLevel1Subcompactions = Checks.inRange("max_level1_subcompactions", ranges, 0, 64);
            return this;
        }

        /**
         * RocksDB's {@code rate_limiter}: bytes per second that flushes and compactions on this machine write, 1 KiB to 1
         * TiB, 0 for no limit; 0. Flushes go first. Can be changed while the store is open.
         */
        public Builder rateBytesPerSecond(long bytesPerSecond) {
            rateBytesPerSecond = bytesPerSecond == 0
                    ? 0
                    : Checks.inRange("rate_bytes_per_second", bytesPerSecond, 1L << 10, 1L << 40);
            return this;
        }

        /**
         * {@code max_open_files}, tables that are open at once, from 20 on; −1, all of them, which are then opened with
         * the store. Tables in use count too, but are never closed to make room.
         */
        public Builder maxOpenFiles(int files) {
            maxOpenFiles = files == -1 ? -1 : Checks.inRange("max_open_files", files, 20, 1 << 20);
            return this;
        }

        /**
         * {@code db_write_buffer_size}, bytes, 4 MiB to 1 TiB: the most off-heap memory that the memtables of all column
         * families take together, sealed ones included; 1 GiB, or half of what the JVM allows of direct memory where
         * that is less. More than it allows is refused at open. RocksDB's default is no bound. Not used where {@link
         * #memoryPool} is given: its capacity is the bound.
         */
        public Builder dbWriteBufferSize(long bytes) {
            dbWriteBufferSize = Checks.inRange("db_write_buffer_size", bytes, 4L << 20, 1L << 40);
            return this;
        }

        /** {@code delayed_write_rate}, bytes per second, 1 KiB to 1 TiB; 16 MiB. */
        public Builder delayedWriteRate(long bytesPerSecond) {
            delayedWriteRate = Checks.inRange("delayed_write_rate", bytesPerSecond, 1L << 10, 1L << 40);
            return this;
        }

        /** {@code avoid_flush_during_shutdown}: true leaves memtables to the log when the store closes, and loses what none has; false. */
        public Builder avoidFlushDuringShutdown(boolean value) {
            avoidFlushDuringShutdown = value;
            return this;
        }

        /** Ours: the longest that closing waits for the last flushes, above 0; 60 s. */
        public Builder shutdownTimeout(Duration value) {
            shutdownTimeout = positive("shutdown_timeout", value);
            return this;
        }

        /** {@code max_bgerror_resume_count}, 0 to 2^31 - 1: retries of a failed flush before writes stop; 5. */
        public Builder maxBgErrorResumeCount(int count) {
            maxBgErrorResumeCount = Checks.inRange("max_bgerror_resume_count", count, 0, Integer.MAX_VALUE);
            return this;
        }

        /** {@code bgerror_resume_retry_interval}: the pause before the first retry, which doubles up to 1 min; 1 s. */
        public Builder bgErrorResumeRetryInterval(Duration value) {
            bgErrorResumeRetryInterval = positive("bgerror_resume_retry_interval", value);
            return this;
        }

        /** {@code wal_recovery_mode}; point-in-time recovery. */
        public Builder walRecoveryMode(WalRecoveryMode mode) {
            walRecoveryMode = mode;
            return this;
        }

        /**
         * {@code max_total_wal_size}, bytes, 0 to 1 TiB: where the write-ahead logs together are longer, the column families
         * with entries in the oldest are flushed, so that it can go; where they are twice as long, writes wait for that. 0,
         * the default, stands for four times the sum of {@code write_buffer_size * max_write_buffer_number}.
         */
        public Builder maxTotalWalSize(long bytes) {
            maxTotalWalSize = Checks.inRange("max_total_wal_size", bytes, 0, 1L << 40);
            return this;
        }

        /**
         * {@code wal_bytes_per_sync}, bytes, 0 to 1 TiB: a log is synced whenever it has grown by so much, so that a sync that
         * was asked for finds little to do; 0, the default, for never.
         */
        public Builder walBytesPerSync(long bytes) {
            walBytesPerSync = Checks.inRange("wal_bytes_per_sync", bytes, 0, 1L << 40);
            return this;
        }

        /**
         * {@code manual_wal_flush}: true keeps writes in a buffer of this process, where its end loses them, until the buffer
         * is full, a write asks for sync, or {@link Store#flushWal} is called; false.
         */
        public Builder manualWalFlush(boolean value) {
            manualWalFlush = value;
            return this;
        }

        /** {@code remote_flush}, ours: the switch for the whole store; true. Can be changed while the store is open. */
        public Builder remoteFlush(boolean value) {
            remoteFlush = value;
            return this;
        }

        /** Ours: makes the executor that flushes on other machines. The store closes it. */
        public Builder remoteFlushExecutor(FlushExecutorFactory factory) {
            remoteFlushExecutor = factory;
            return this;
        }

        /**
         * Ours: makes the executor that compacts on other machines. It gets all compactions, explicit ones and those from L0
         * too, and decides itself which of them run on this machine. The store closes it.
         */
        public Builder remoteCompactionExecutor(CompactionExecutorFactory factory) {
            remoteCompactionExecutor = factory;
            return this;
        }

        /** Ours: where the memtables' memory comes from, as for registered memory. It stays the caller's. */
        public Builder memoryPool(MemoryPool pool) {
            memoryPool = pool;
            return this;
        }

        /**
         * {@code statistics}: whether the store counts RocksDB's tickers, see {@link io.sluice.store.base.Ticker} and
         * {@link Statistics#ticker}; false.
         */
        public Builder statistics(boolean value) {
            statistics = value;
            return this;
        }

        /** Adds a listener. */
        public Builder listener(EventListener listener) {
            listeners.add(listener);
            return this;
        }

        /** The options. */
        public DBOptions build() {
            return new DBOptions(this);
        }

        private static Duration positive(String option, Duration value) {
            if (value.isNegative() || value.isZero()) {
                throw new IllegalArgumentException(option + "=" + value + " is not above 0");
            }
            return value;
        }
    }
}
