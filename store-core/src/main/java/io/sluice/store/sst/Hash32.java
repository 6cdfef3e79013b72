// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

/** RocksDB's {@code Hash} ({@code util/hash.cc}), MurmurHash1 in which each of the last bytes is taken with its sign. */
final class Hash32 {
    /** The seed of {@code GetSliceHash} ({@code util/hash.h}), by which data blocks are indexed. */
    static final int SLICE_SEED = 397;

    private static final int MULTIPLIER = 0xc6a4a793;

    private Hash32() {}

    /** The hash of a key. */
    static int of(byte[] key, int offset, int length, int seed) {
        int hash = seed ^ length * MULTIPLIER;
        int at = offset;
        int end = offset + length;
        for (; at + 4 <= end; at += 4) {
            hash += (key[at] & 0xff)
                    | (key[at + 1] & 0xff) << 8
                    | (key[at + 2] & 0xff) << 16
                    | (key[at + 3] & 0xff) << 24;
            hash *= MULTIPLIER;
            hash ^= hash >>> 16;
        }
        if (at < end) {
            for (int i = 0; at + i < end; i++) {
                hash += key[at + i] << (8 * i);
            }
            hash *= MULTIPLIER;
            hash ^= hash >>> 24;
        }
        return hash;
    }
}
