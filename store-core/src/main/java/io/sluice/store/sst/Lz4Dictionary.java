// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import java.util.Arrays;
import net.jpountz.lz4.LZ4Factory;

/**
 * Decompresses LZ4 blocks that refer back into a dictionary, with a library that knows no dictionaries: a block that
 * makes the dictionary's bytes is put before the other one, so that they stand in the output where LZ4 looks for them.
 *
 * <p>An LZ4 sequence is literals and then a match of at least four bytes. The block put before has one sequence: as
 * literals the dictionary's last four bytes and then all of it but these, and a match, as far back as the dictionary is
 * long, which makes the last four out of the first. Source: LZ4's {@code doc/lz4_Block_format.md}.
 */
final class Lz4Dictionary {
    private static final int MIN_MATCH = 4;
    /** The furthest that a match reaches back. */
    private static final int MAX_DISTANCE = 65535;

    private Lz4Dictionary() {}

    /**
     * Decompresses.
     *
     * @param length of the block within {@code input}, from {@code offset} on
     * @param declared bytes that must come out
     * @return the output, behind {@link #outputOffset} bytes that are not of the block
     */
    static byte[] decompress(byte[] dictionary, byte[] input, int offset, int length, int declared) {
        byte[] prefix = prefix(dictionary);
        int prefixLength = outputOffset(dictionary);
        byte[] whole = Arrays.copyOf(prefix, prefix.length + length);
        System.arraycopy(input, offset, whole, prefix.length, length);
        byte[] output = new byte[prefixLength + declared];
        int found = LZ4Factory.nativeInstance()
                .safeDecompressor()
                .decompress(whole, 0, whole.length, output, 0, output.length);
        return found == output.length ? output : Arrays.copyOf(output, found);
    }

    /** Where the block's own bytes begin in the output. */
    static int outputOffset(byte[] dictionary) {
        return Math.min(Math.max(dictionary.length, MIN_MATCH), MAX_DISTANCE) + MIN_MATCH;
    }

    private static byte[] prefix(byte[] dictionary) {
        int used = Math.min(dictionary.length, MAX_DISTANCE);
        byte[] window = new byte[Math.max(used, MIN_MATCH)];
        System.arraycopy(dictionary, dictionary.length - used, window, window.length - used, used);
        int count = window.length;
        byte[] block = new byte[1 + count / 255 + 1 + count + 2];
        int at = 0;
        // The match length of four is coded as zero.
        block[at++] = (byte) (Math.min(count, 15) << 4);
        if (count >= 15) {
            int rest = count - 15;
            while (rest >= 255) {
                block[at++] = (byte) 255;
                rest -= 255;
            }
            block[at++] = (byte) rest;
        }
        System.arraycopy(window, count - MIN_MATCH, block, at, MIN_MATCH);
        System.arraycopy(window, 0, block, at + MIN_MATCH, count - MIN_MATCH);
        at += count;
        block[at++] = (byte) count;
        block[at++] = (byte) (count >>> 8);
        return Arrays.copyOf(block, at);
    }
}
