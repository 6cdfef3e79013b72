// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import org.jspecify.annotations.Nullable;

/** How a get or an iterator reads. A value. */
public final class ReadOptions {
    /** All keys. */
    public static final ReadOptions DEFAULT = builder().build();

    private final byte @Nullable [] iterateLowerBound;
    private final byte @Nullable [] iterateUpperBound;
    private final @Nullable Snapshot snapshot;

    private ReadOptions(Builder builder) {
        this.iterateLowerBound = builder.iterateLowerBound;
        this.iterateUpperBound = builder.iterateUpperBound;
        this.snapshot = builder.snapshot;
    }

    /** A builder with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** The smallest key that an iterator shows, a copy, or null for no bound. */
    public byte @Nullable [] iterateLowerBound() {
        return iterateLowerBound == null ? null : iterateLowerBound.clone();
    }

    /** The key below which an iterator stays, a copy, or null for no bound. */
    public byte @Nullable [] iterateUpperBound() {
        return iterateUpperBound == null ? null : iterateUpperBound.clone();
    }

    /** What is read, or null for the newest. */
    public @Nullable Snapshot snapshot() {
        return snapshot;
    }

    /** Builds {@link ReadOptions}. */
    public static final class Builder {
        private byte @Nullable [] iterateLowerBound;
        private byte @Nullable [] iterateUpperBound;
        private @Nullable Snapshot snapshot;

        private Builder() {}

        /** {@code iterate_lower_bound}, inclusive; none. */
        public Builder iterateLowerBound(byte[] key) {
            iterateLowerBound = key.clone();
            return this;
        }

        /** {@code iterate_upper_bound}, exclusive; none. */
        public Builder iterateUpperBound(byte[] key) {
            iterateUpperBound = key.clone();
            return this;
        }

        /** {@code snapshot}: reads the store as it stood then; none. The snapshot stays the caller's. */
        public Builder snapshot(Snapshot value) {
            snapshot = value;
            return this;
        }

        /** The options. */
        public ReadOptions build() {
            return new ReadOptions(this);
        }
    }
}
