// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/**
 * Asks the filter in a block for a key. What kind it is, its last five bytes tell ({@code
 * BuiltinFilterPolicy::GetBuiltinFilterBitsReader} in {@code filter_policy.cc}); a kind that is unknown, or makes no sense,
 * says nothing about any key.
 *
 * <pre>
 *   | bits | −1 | 0 | probes | 0 | 0 |         Bloom within lines of 64 bytes, since format version 5
 *   | bits | −2 | seed | blocks u24 |          Ribbon
 *   | bits | probes | lines u32 |              Bloom, before
 * </pre>
 */
final class FilterBits {
    static final int METADATA_LENGTH = 5;
    static final int LINE_LENGTH = 64;
    static final byte BLOOM = -1;
    static final byte RIBBON = -2;

    private static final int GOLDEN_RATIO = 0x9e3779b9;
    private static final int MAX_PROBES = 30;

    private FilterBits() {}

    /** False where the key was not added. */
    static boolean mayContain(DirectBuffer block, byte[] key, int offset, int length) {
        int bits = block.capacity() - METADATA_LENGTH;
        if (bits <= 0) {
            return false; // RocksDB's filter of no keys
        }
        byte kind = block.getByte(bits);
        if (kind == BLOOM) {
            return mayContainInLine(block, bits, XxHash3Preview.hash(key, offset, length));
        }
        if (kind == RIBBON) {
            return RibbonFilter.mayContain(block, bits, XxHash3Preview.hash(key, offset, length));
        }
        return kind < 1 || LegacyBloomFilter.mayContain(block, bits, kind, key, offset, length);
    }

    /** Where the line of a hash begins, of so many. */
    static int line(long hash, int lines) {
        return (int) (((hash & 0xffffffffL) * lines) >>> 32) * LINE_LENGTH;
    }

    /** The next probe's hash; a probe's bit in its line are the upper nine. */
    static int nextProbe(int bits) {
        return bits * GOLDEN_RATIO;
    }

    private static boolean mayContainInLine(DirectBuffer block, int length, long hash) {
        int probes = block.getByte(length + 2);
        if (block.getByte(length + 1) != 0
                || block.getShort(length + 3, ByteOrder.LITTLE_ENDIAN) != 0
                || probes < 1
                || probes > MAX_PROBES
                || length < LINE_LENGTH) {
            return true;
        }
        int line = line(hash, length / LINE_LENGTH);
        int bits = (int) (hash >>> 32);
        for (int i = 0; i < probes; i++, bits = nextProbe(bits)) {
            int bit = bits >>> 23;
            if ((block.getByte(line + (bit >> 3)) & (1 << (bit & 7))) == 0) {
                return false;
            }
        }
        return true;
    }
}
