// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.write.Durability;

/**
 * How a write is done. A value; names and defaults are RocksDB's.
 *
 * <p><b>Durability.</b> A write that returned is in the write-ahead log, with the operating system: it outlives this process,
 * not the machine (on HDFS it is in the memory of every DataNode of the pipeline). With {@code sync} it is on stable storage.
 * With {@code disable_wal} it is lost with the process unless its memtable was flushed: {@link Store#flush}.
 */
public final class WriteOptions {
    /** Logged, not synced; wait where writes are stalled. */
    public static final WriteOptions DEFAULT = builder().build();

    private final boolean disableWal;
    private final boolean sync;
    private final boolean noSlowdown;
    private final Durability durability;

    private WriteOptions(Builder builder) {
        if (builder.disableWal && builder.sync) {
            throw new IllegalArgumentException(
                    "sync=true with disable_wal=true: a write that is not logged can't be synced");
        }
        this.disableWal = builder.disableWal;
        this.sync = builder.sync;
        this.noSlowdown = builder.noSlowdown;
        this.durability = disableWal ? Durability.UNLOGGED : sync ? Durability.SYNCED : Durability.LOGGED;
    }

    /** A builder with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Whether the write skips the write-ahead log. */
    public boolean disableWal() {
        return disableWal;
    }

    /** Whether the write returns only when it is on stable storage. */
    public boolean sync() {
        return sync;
    }

    /** Whether a write that would have to wait fails with {@code BUSY} instead. */
    public boolean noSlowdown() {
        return noSlowdown;
    }

    Durability durability() {
        return durability;
    }

    /** Builds {@link WriteOptions}. */
    public static final class Builder {
        private boolean disableWal;
        private boolean sync;
        private boolean noSlowdown;

        private Builder() {}

        /** {@code disableWAL}; false. */
        public Builder disableWal(boolean value) {
            disableWal = value;
            return this;
        }

        /** {@code sync}; false. Not with {@link #disableWal}. */
        public Builder sync(boolean value) {
            sync = value;
            return this;
        }

        /** {@code no_slowdown}; false. */
        public Builder noSlowdown(boolean value) {
            noSlowdown = value;
            return this;
        }

        /** The options. */
        public WriteOptions build() {
            return new WriteOptions(this);
        }
    }
}
