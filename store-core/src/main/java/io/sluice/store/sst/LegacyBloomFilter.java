// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/** The Bloom filter of tables before format version 5 ({@code LegacyLocalityBloomImpl} in {@code util/bloom_impl.h}). */
final class LegacyBloomFilter {
    private static final int SEED = 0xbc9f1d34;

    private LegacyBloomFilter() {}

    /** False where the key was not added; {@code bits} is where the filter's last five bytes begin. */
    static boolean mayContain(DirectBuffer block, int bits, int probes, byte[] key, int offset, int length) {
        long lines = block.getInt(bits + 1, ByteOrder.LITTLE_ENDIAN) & 0xffffffffL;
        if (lines == 0 || bits % lines != 0) {
            return true;
        }
        long lineLength = bits / lines; // a cache line of the machine that wrote it
        if (Long.bitCount(lineLength) != 1) {
            return true;
        }
        int hash = Hash32.of(key, offset, length, SEED);
        int line = (int) ((hash & 0xffffffffL) % lines * lineLength);
        int mask = (int) (lineLength * 8 - 1);
        int delta = Integer.rotateRight(hash, 17);
        for (int i = 0; i < probes; i++, hash += delta) {
            int bit = hash & mask;
            if ((block.getByte(line + (bit >> 3)) & (1 << (bit & 7))) == 0) {
                return false;
            }
        }
        return true;
    }
}
