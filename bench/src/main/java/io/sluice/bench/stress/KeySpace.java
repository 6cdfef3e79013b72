// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which keys there are: numbers in their order, the same in each column family. The last sixteenth are put once and
 * single-deleted in turns, as {@code singleDelete} asks for; all others are written in every way.
 *
 * @param families column families, the default one among them
 * @param keys keys of each, up to 100,000
 */
record KeySpace(int families, int keys) {
    /** Keys with a common prefix: {@link #PREFIX_LENGTH} bytes leave one digit. */
    static final int KEYS_OF_A_PREFIX = 10;

    static final int PREFIX_LENGTH = 5;

    private static final int DIGITS = 5;
    private static final int LONG_KEYS = 4;
    private static final byte[] LONG_KEY = "k00000-and-some-more".getBytes(StandardCharsets.US_ASCII);

    /** The names of the column families. */
    List<String> familyNames() {
        List<String> names = new ArrayList<>(List.of("default"));
        for (int i = 1; i < families; i++) {
            names.add("family" + i);
        }
        return names;
    }

    /** The first of the keys that are put once. */
    int firstOnce() {
        return keys - keys / 16;
    }

    /** A key's bytes; every fourth key is longer. */
    byte[] key(int number) {
        byte[] key = new byte[number % LONG_KEYS == 0 ? LONG_KEY.length : 1 + DIGITS];
        System.arraycopy(LONG_KEY, 0, key, 0, key.length);
        int rest = number;
        for (int i = DIGITS; i > 0; i--) {
            key[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        return key;
    }

    /** The number of a key. */
    int number(byte[] key) throws Finding {
        int number = 0;
        for (int i = 1; i <= DIGITS && i < key.length; i++) {
            number = number * 10 + key[i] - '0';
        }
        if (number < 0 || number >= keys || !Arrays.equals(key, key(number))) {
            throw new Finding("a key that nobody wrote: \"" + new String(key, StandardCharsets.ISO_8859_1) + "\"");
        }
        return number;
    }
}
