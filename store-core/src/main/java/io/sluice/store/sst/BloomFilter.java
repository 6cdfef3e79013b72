// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * RocksDB's cache-local Bloom filter ({@code FastLocalBloomImpl} in {@code util/bloom_impl.h}): a key's low hash half
 * picks a line of 64 bytes, the high half the bits in it. The block is the lines and five bytes: −1, 0, probes, 0, 0.
 */
final class BloomFilter {
    private static final int LINE_LENGTH = 64;
    private static final int METADATA_LENGTH = 5;
    private static final int GOLDEN_RATIO = 0x9e3779b9;
    /** The most bytes of lines that an array holds; RocksDB goes up to 4 GiB. */
    private static final long MAX_LENGTH = Integer.MAX_VALUE / LINE_LENGTH * (long) LINE_LENGTH - LINE_LENGTH;

    private final DirectBuffer bytes;
    private final int lines;
    private final int probes;

    private BloomFilter(DirectBuffer bytes, int lines, int probes) {
        this.bytes = bytes;
        this.lines = lines;
        this.probes = probes;
    }

    /** The filter in a block, or null where it is of another kind, which says nothing about any key. */
    static @Nullable BloomFilter of(DirectBuffer block) {
        int length = block.capacity() - METADATA_LENGTH;
        if (length < LINE_LENGTH || length % LINE_LENGTH != 0) {
            return null;
        }
        int probes = block.getByte(length + 2);
        boolean known = block.getByte(length) == -1
                && block.getByte(length + 1) == 0
                && probes >= 1
                && probes <= 30
                && block.getByte(length + 3) == 0
                && block.getByte(length + 4) == 0;
        return known ? new BloomFilter(block, length / LINE_LENGTH, probes) : null;
    }

    /** False where no key of this hash was added. */
    boolean mayContain(long hash) {
        int line = line(hash, lines);
        int bits = (int) (hash >>> 32);
        for (int i = 0; i < probes; i++, bits *= GOLDEN_RATIO) {
            int bit = bits >>> 23;
            if ((bytes.getByte(line + (bit >> 3)) & (1 << (bit & 7))) == 0) {
                return false;
            }
        }
        return true;
    }

    private static int line(long hash, int lines) {
        return (int) (((hash & 0xffffffffL) * lines) >>> 32) * LINE_LENGTH;
    }

    /** Collects the hashes of a table's keys. Used by one thread. */
    static final class Builder {
        private final long millibitsPerKey;
        private long[] hashes = new long[1024];
        private int count;

        Builder(double bitsPerKey) {
            this.millibitsPerKey = millibits(bitsPerKey);
        }

        /** Adds a key; keys that follow each other and are equal count once. */
        void add(byte[] key, int length) {
            long hash = XxHash3Preview.hash(key, 0, length);
            if (count > 0 && hashes[count - 1] == hash) {
                return;
            }
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
                int line = line(hashes[n], lines);
                int bits = (int) (hashes[n] >>> 32);
                for (int i = 0; i < probes; i++, bits *= GOLDEN_RATIO) {
                    int bit = bits >>> 23;
                    block[line + (bit >> 3)] |= (byte) (1 << (bit & 7));
                }
            }
            block[length] = -1;
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
}
