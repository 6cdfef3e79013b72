// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import io.sluice.store.sst.BlockReads;
import org.jspecify.annotations.Nullable;

/** How a get or an iterator reads. A value. */
public final class ReadOptions {
    /** All keys. */
    public static final ReadOptions DEFAULT = builder().build();

    private final byte @Nullable [] iterateLowerBound;
    private final byte @Nullable [] iterateUpperBound;
    private final @Nullable Snapshot snapshot;
    private final boolean prefixSameAsStart;
    private final boolean totalOrderSeek;
    private final BlockReads blockReads;

    private ReadOptions(Builder builder) {
        this.iterateLowerBound = builder.iterateLowerBound;
        this.iterateUpperBound = builder.iterateUpperBound;
        this.snapshot = builder.snapshot;
        this.prefixSameAsStart = builder.prefixSameAsStart;
        this.totalOrderSeek = builder.totalOrderSeek;
        this.blockReads = new BlockReads(
                builder.fillCache, builder.verifyChecksums, builder.readTier == ReadTier.BLOCK_CACHE, null);
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

    /** Whether data blocks that are read from their files stay in the block cache. */
    public boolean fillCache() {
        return blockReads.fillCache();
    }

    /** Whether blocks that are read from their files are checked against their checksums. */
    public boolean verifyChecksums() {
        return blockReads.verifyChecksums();
    }

    /** What may be asked. */
    public ReadTier readTier() {
        return blockReads.cacheOnly() ? ReadTier.BLOCK_CACHE : ReadTier.READ_ALL;
    }

    /** Whether an iterator shows only keys with the prefix of the key that it was last sent to. */
    public boolean prefixSameAsStart() {
        return prefixSameAsStart;
    }

    /** Whether an iterator's seeks ask no prefix filters. */
    public boolean totalOrderSeek() {
        return totalOrderSeek;
    }

    BlockReads blockReads() {
        return blockReads;
    }

    /** What a read may ask; RocksDB's {@code ReadTier}. */
    public enum ReadTier {
        /** Memory and files. */
        READ_ALL,
        /** Memory only: where a block is not there, the read fails with {@code INCOMPLETE}. */
        BLOCK_CACHE
    }

    /** Builds {@link ReadOptions}. */
    public static final class Builder {
        private byte @Nullable [] iterateLowerBound;
        private byte @Nullable [] iterateUpperBound;
        private @Nullable Snapshot snapshot;
        private boolean fillCache = true;
        private boolean verifyChecksums = true;
        private ReadTier readTier = ReadTier.READ_ALL;
        private boolean prefixSameAsStart;
        private boolean totalOrderSeek;

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

        /** {@code fill_cache}: false leaves the block cache to others, as for a long scan; true. */
        public Builder fillCache(boolean value) {
            fillCache = value;
            return this;
        }

        /** {@code verify_checksums}; true. */
        public Builder verifyChecksums(boolean value) {
            verifyChecksums = value;
            return this;
        }

        /** {@code read_tier}; memory and files. */
        public Builder readTier(ReadTier value) {
            readTier = value;
            return this;
        }

        /**
         * {@code prefix_same_as_start}: an iterator ends where the prefix, by the column family's {@code
         * prefix_extractor}, is another one than that of the key that it was last sent to, and seeks pass over SSTs whose
         * filters say that they have none of it; false. Has no effect without an extractor, or for keys without prefix.
         */
        public Builder prefixSameAsStart(boolean value) {
            prefixSameAsStart = value;
            return this;
        }

        /** {@code total_order_seek}: seeks ask no prefix filters; false. */
        public Builder totalOrderSeek(boolean value) {
            totalOrderSeek = value;
            return this;
        }

        /** The options. */
        public ReadOptions build() {
            return new ReadOptions(this);
        }
    }
}
