// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import java.util.Arrays;

/** Arrays that grow. */
final class Buffers {
    /** The longest array that every JVM gives. */
    static final int MAX_LENGTH = Integer.MAX_VALUE - 16;

    private Buffers() {}

    /** {@code array}, or a longer copy of it with room for {@code needed} bytes. */
    static byte[] ensure(byte[] array, long needed) {
        return needed <= array.length ? array : Arrays.copyOf(array, grown(array.length, needed));
    }

    /** A length of at least {@code needed}, at least twice {@code length} where it can be. */
    static int grown(int length, long needed) {
        if (needed > MAX_LENGTH) {
            throw new IllegalArgumentException("needed=" + needed + " is beyond the longest array=" + MAX_LENGTH);
        }
        return (int) Math.min(Math.max(2L * length, needed), MAX_LENGTH);
    }
}
