// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/**
 * Asks RocksDB's Ribbon filter, a system of linear equations over bits, 128 wide: a key was added only if its row times
 * the solution is the key's fingerprint ({@code Standard128RibbonBitsReader} in {@code filter_policy.cc}, {@code
 * util/ribbon_impl.h}, {@code util/ribbon_alg.h}).
 *
 * <p>The solution's columns are cut into blocks of 128 rows, each a number of 128 bits, a segment; the segments of a
 * block follow each other. Blocks before {@code upperStart} have one column fewer than those after it.
 */
final class RibbonFilter {
    private static final int WIDTH = 128;
    private static final int SEGMENT_LENGTH = WIDTH / 8;
    private static final int MAX_COLUMNS = 32;

    private static final long REHASH_FACTOR = 0x6193d459236a3a0dL;
    private static final long SEED_FACTOR = 0xc78219a23eeadd03L;
    private static final long SEED_MIX_MASK = 0xf0f0f0f0f0f0f0f0L;
    private static final long ROW_FACTOR = 0xc28f82822b650bedL;
    private static final long ROW_XOR = 0xc367844a6e52731dL;

    private RibbonFilter() {}

    /** False where no key of this hash was added; {@code bits} is where the filter's last five bytes begin. */
    static boolean mayContain(DirectBuffer block, int bits, long keyHash) {
        int blocks = (block.getByte(bits + 2) & 0xff)
                | (block.getByte(bits + 3) & 0xff) << 8
                | (block.getByte(bits + 4) & 0xff) << 16;
        if (blocks < 2) {
            return true;
        }
        int segments = bits / SEGMENT_LENGTH;
        int columns = (int) (((long) segments + blocks - 1) / blocks);
        long upperStart = (long) columns * blocks - segments;
        if (columns > MAX_COLUMNS) {
            columns = MAX_COLUMNS;
            upperStart = 0;
        }
        long hash = (keyHash ^ rawSeed(block.getByte(bits + 1) & 0xff)) * REHASH_FACTOR;
        long starts = (long) blocks * WIDTH - WIDTH + 1;
        long start = unsignedMultiplyHigh(hash, starts);
        long startBlock = start / WIDTH;
        long segment = startBlock * columns - Math.min(startBlock, upperStart);
        if (startBlock < upperStart) {
            columns--;
        }
        long product = hash * ROW_FACTOR;
        long rowLow = (product ^ ROW_XOR) | 1;
        return matches(block, segment, columns, (int) (start % WIDTH), rowLow, product);
    }

    /**
     * Whether the row, from a bit of its first segments on, gives the fingerprint in each column.
     *
     * @param rowHigh the row's upper half; the fingerprint is its bytes reversed
     */
    private static boolean matches(
            DirectBuffer block, long segment, int columns, int startBit, long rowLow, long rowHigh) {
        int fingerprint = (int) Long.reverseBytes(rowHigh);
        // The row, 128 bits, shifted left by startBit; what falls out on the left goes on in the next block's segments.
        long leftLow = rowLow;
        long leftHigh = rowHigh;
        long rightLow = 0;
        long rightHigh = 0;
        if (startBit >= 64) {
            int shift = startBit - 64;
            leftLow = 0;
            leftHigh = rowLow << shift;
            rightLow = shift == 0 ? rowHigh : (rowHigh << shift) | (rowLow >>> (64 - shift));
            rightHigh = shift == 0 ? 0 : rowHigh >>> (64 - shift);
        } else if (startBit > 0) {
            leftLow = rowLow << startBit;
            leftHigh = (rowHigh << startBit) | (rowLow >>> (64 - startBit));
            rightLow = rowHigh >>> (64 - startBit);
        }
        for (int i = 0; i < columns; i++) {
            int at = Math.toIntExact((segment + i) * SEGMENT_LENGTH);
            long sum = (low(block, at) & leftLow) ^ (high(block, at) & leftHigh);
            if (startBit != 0) {
                int next = at + columns * SEGMENT_LENGTH;
                sum ^= (low(block, next) & rightLow) ^ (high(block, next) & rightHigh);
            }
            if ((Long.bitCount(sum) & 1) != ((fingerprint >>> i) & 1)) {
                return false;
            }
        }
        return true;
    }

    private static long low(DirectBuffer block, int at) {
        return block.getLong(at, ByteOrder.LITTLE_ENDIAN);
    }

    private static long high(DirectBuffer block, int at) {
        return block.getLong(at + Long.BYTES, ByteOrder.LITTLE_ENDIAN);
    }

    /** The seed as it enters hashes: 32 bits of it. */
    private static long rawSeed(long ordinal) {
        long mixed = ordinal * SEED_FACTOR;
        mixed ^= (mixed & SEED_MIX_MASK) >>> 4;
        return mixed & 0xffffffffL;
    }

    private static long unsignedMultiplyHigh(long a, long b) {
        return Math.multiplyHigh(a, b) + ((a >> 63) & b) + ((b >> 63) & a);
    }
}
