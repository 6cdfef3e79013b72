// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

/**
 * How a write is done. A value.
 *
 * <p><b>Durability.</b> This version has no write-ahead log: a write that returned is visible to all readers, and is
 * lost with the process unless its memtable was flushed. {@link Store#flush} makes durable what was written before it.
 * So that nobody relies on a log that is not there, {@code disable_wal} is true by default, and false or {@code sync} is
 * refused with {@code NOT_SUPPORTED}.
 */
public final class WriteOptions {
    /** No log, wait where writes are stalled. */
    public static final WriteOptions DEFAULT = builder().build();

    private final boolean disableWal;
    private final boolean sync;
    private final boolean noSlowdown;

    private WriteOptions(Builder builder) {
        this.disableWal = builder.disableWal;
        this.sync = builder.sync;
        this.noSlowdown = builder.noSlowdown;
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

    /** Builds {@link WriteOptions}. */
    public static final class Builder {
        private boolean disableWal = true;
        private boolean sync;
        private boolean noSlowdown;

        private Builder() {}

        /** {@code disableWAL}; true, the only value that this version takes. */
        public Builder disableWal(boolean value) {
            disableWal = value;
            return this;
        }

        /** {@code sync}; false, the only value that this version takes. */
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
