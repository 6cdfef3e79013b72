// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.PrefixExtractor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Builds a Bloom filter of a table's keys ({@code FastLocalBloomImpl} in {@code util/bloom_impl.h}): a hash's low half
 * picks a line of 64 bytes, the high half the bits in it. Used by one thread.
 */
final class BloomFilterBuilder {
    private static final int LINE_LENGTH = FilterBits.LINE_LENGTH;
    private static final int METADATA_LENGTH = FilterBits.METADATA_LENGTH;
    /** The most bytes of lines that an array holds; RocksDB goes up to 4 GiB. */
    private static final long MAX_LENGTH = Integer.MAX_VALUE / LINE_LENGTH * (long) LINE_LENGTH - LINE_LENGTH;

    private final long millibitsPerKey;
    private final boolean wholeKeys;
    private final @Nullable PrefixExtractor prefixes;
    private long lastPrefix;
    private boolean hasLastPrefix;
    private long[] hashes = new long[1024];
    private int count;

    BloomFilterBuilder(TableOptions options) {
        this.millibitsPerKey = millibits(options.filterBitsPerKey());
        this.wholeKeys = options.wholeKeyFiltering();
        this.prefixes = options.prefixExtractor();
    }

    /** Adds a user key: itself, its prefix, or both, as the options say ({@code FullFilterBlockBuilder::Add}). */
    void add(byte[] key, int length) {
        PrefixExtractor extractor = prefixes;
        boolean hasPrefix = extractor != null && extractor.hasPrefix(length);
        long keyHash = wholeKeys ? XxHash3Preview.hash(key, 0, length) : 0;
        if (!hasPrefix || extractor == null) {
            if (wholeKeys && isNew(keyHash)) {
                append(keyHash);
            }
            return;
        }
        long prefixHash = XxHash3Preview.hash(key, 0, extractor.prefixLength(length));
        if (!wholeKeys) {
            if (isNew(prefixHash)) {
                append(prefixHash);
            }
            return;
        }
        addBoth(keyHash, prefixHash);
    }

    /** {@code XXPH3FilterBitsBuilder::AddKeyAndAlt}: equal keys, and equal prefixes, that follow each other count once. */
    private void addBoth(long keyHash, long prefixHash) {
        boolean keyIsNew = isNew(keyHash);
        boolean samePrefix = hasLastPrefix && prefixHash == lastPrefix;
        boolean keyIsLastPrefix = hasLastPrefix && keyHash == lastPrefix;
        if (!samePrefix && prefixHash != keyHash && isNew(prefixHash)) {
            append(prefixHash);
        }
        hasLastPrefix = true;
        lastPrefix = prefixHash;
        if (keyIsNew && !keyIsLastPrefix) {
            append(keyHash);
        }
    }

    private boolean isNew(long hash) {
        return count == 0 || hashes[count - 1] != hash;
    }

    private void append(long hash) {
        if (count == hashes.length) {
            hashes = Arrays.copyOf(hashes, Buffers.grown(count, count + 1L));
        }
        hashes[count++] = hash;
    }

    /** Keys in the filter. */
    int count() {
        return count;
    }

    /** The block's bytes. */
    byte[] finish() {
        long target = Math.min((count * millibitsPerKey + 7999) / 8000, MAX_LENGTH);
        int length = (int) ((target + LINE_LENGTH - 1) / LINE_LENGTH * LINE_LENGTH);
        int lines = length / LINE_LENGTH;
        int probes = probes((int) millibitsPerKey);
        byte[] block = new byte[length + METADATA_LENGTH];
        for (int n = 0; n < count; n++) {
            int line = FilterBits.line(hashes[n], lines);
            int bits = (int) (hashes[n] >>> 32);
            for (int i = 0; i < probes; i++, bits = FilterBits.nextProbe(bits)) {
                int bit = bits >>> 23;
                block[line + (bit >> 3)] |= (byte) (1 << (bit & 7));
            }
        }
        block[length] = FilterBits.BLOOM;
        block[length + 2] = (byte) probes;
        return block;
    }

    /** {@code BloomLikeFilterPolicy}'s sanitising: 0 below half a bit, then from 1 to 100 bits. */
    static long millibits(double bitsPerKey) {
        if (bitsPerKey < 0.5) {
            return 0;
        }
        return (long) (Math.min(Math.max(bitsPerKey, 1), 100) * 1000 + 0.500001);
    }

    /** {@code FastLocalBloomImpl::ChooseNumProbes}. */
    private static int probes(int millibits) {
        int[] upTo = {2080, 3580, 5100, 6640, 8300, 10070, 11720, 14001, 16050, 18300, 22001, 25501};
        for (int i = 0; i < upTo.length; i++) {
            if (millibits <= upTo[i]) {
                return i + 1;
            }
        }
        return millibits > 50000 ? 24 : (millibits - 1) / 2000 - 1;
    }
}
