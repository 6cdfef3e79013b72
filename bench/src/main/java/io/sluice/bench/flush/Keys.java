// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;

/** The keys of a run: their numbers, uniform in [0, num), and their bytes, which are those of db_bench. */
final class Keys {
    /** Bytes of a key's number, big-endian; the rest of the key is filled with the character 0. */
    static final int NUMBER_LENGTH = 8;

    private Keys() {}

    /** The numbers that one writer draws; the same at each call. */
    static SplittableRandom numbers(long seed, int writer) {
        return new SplittableRandom(seed * 1_000_003 + writer);
    }

    /** A key's bytes with number 0, to be set with {@link #setNumber}. */
    static byte[] template(int keySize) {
        byte[] key = new byte[keySize];
        Arrays.fill(key, NUMBER_LENGTH, keySize, (byte) '0');
        return key;
    }

    /** Makes a big-endian buffer that begins with a {@link #template} the key of a number. */
    static void setNumber(ByteBuffer key, long number) {
        key.putLong(0, number);
    }

    /** The numbers that all writers of a run draw; those of a column family are congruent modulo their count. */
    static BitSet expected(Load load, long seed) {
        BitSet expected = new BitSet(Math.toIntExact(load.num()));
        for (int writer = 0; writer < load.writers(); writer++) {
            SplittableRandom numbers = numbers(seed, writer);
            for (long i = 0; i < load.putsOfWriter(); i++) {
                expected.set((int) numbers.nextLong(load.num()));
            }
        }
        return expected;
    }
}
