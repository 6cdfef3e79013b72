// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * The value of each write follows from the write's id, so that whatever is read back tells which writes made it, and
 * whether each byte is theirs. Merges join values by commas, which none contains.
 */
final class Values {
    /** Bytes of the longest value of one write. */
    static final int MAX_LENGTH = 20_600;

    private static final int ID_DIGITS = 16;
    private static final int MAX_IDS = 1 << 16;

    private Values() {}

    /** The value or operand of a write: mostly about 60 bytes, some 2 KiB, few up to 20 KiB. */
    static byte[] of(long id) {
        long mixed = mix(id);
        int draw = (int) (mixed >>> 54);
        int spread = (int) (mixed >>> 32) & 0xffff;
        int padding = draw < 3 ? 4096 + spread % 16384 : draw < 50 ? 300 + spread % 1700 : 8 + spread % 96;
        byte[] value = new byte[ID_DIGITS + 1 + padding];
        for (int i = 0; i < ID_DIGITS; i++) {
            value[i] = (byte) Character.forDigit((int) (id >>> (60 - 4 * i)) & 15, 16);
        }
        value[ID_DIGITS] = ':';
        // a run of each letter, so that it compresses
        for (int i = ID_DIGITS + 1; i < value.length; i++) {
            value[i] = (byte) ('a' + ((mixed >>> (i >>> 2 & 31)) & 15));
        }
        return value;
    }

    /** What a key shows after these writes, at least one. */
    static byte[] of(long[] ids) {
        if (ids.length == 1) {
            return of(ids[0]);
        }
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (long id : ids) {
            if (joined.size() > 0) {
                joined.write(',');
            }
            joined.writeBytes(of(id));
        }
        return joined.toByteArray();
    }

    /** The writes that made a value. */
    static long[] parse(byte[] value) throws Finding {
        long[] ids = new long[4];
        int count = 0;
        int at = 0;
        while (count < MAX_IDS) {
            long id = id(value, at);
            byte[] expected = of(id);
            int end = at + expected.length;
            if (end > value.length || !Arrays.equals(value, at, end, expected, 0, expected.length)) {
                throw new Finding("a value that nobody wrote: not that of write " + Long.toHexString(id) + " at byte "
                        + at + " of " + value.length);
            }
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, 2 * count);
            }
            ids[count++] = id;
            if (end == value.length) {
                return Arrays.copyOf(ids, count);
            }
            if (value[end] != ',') {
                throw new Finding("a value that nobody wrote: bytes behind that of write " + Long.toHexString(id));
            }
            at = end + 1;
        }
        throw new Finding("a value of more than " + MAX_IDS + " operands");
    }

    private static long id(byte[] value, int at) throws Finding {
        if (at + ID_DIGITS > value.length) {
            throw new Finding("a value that nobody wrote: " + (value.length - at) + " bytes at its end");
        }
        long id = 0;
        for (int i = at; i < at + ID_DIGITS; i++) {
            // whatever is no digit is found by comparing with the id's value
            id = id << 4 | (Character.digit(value[i], 16) & 15);
        }
        return id;
    }

    /** SplitMix64's finaliser. */
    static long mix(long seed) {
        long z = seed + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
