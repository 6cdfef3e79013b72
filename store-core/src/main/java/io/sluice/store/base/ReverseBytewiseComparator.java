// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

import java.util.Arrays;
import org.agrona.DirectBuffer;

/**
 * {@link BytewiseComparator}'s order turned round. Separators follow RocksDB's {@code util/comparator.cc}, since they stand
 * in index blocks that must come out byte for byte the same.
 */
public final class ReverseBytewiseComparator implements KeyComparator {
    /** The one instance. */
    public static final ReverseBytewiseComparator INSTANCE = new ReverseBytewiseComparator();

    private ReverseBytewiseComparator() {}

    @Override
    public String name() {
        return "rocksdb.ReverseBytewiseComparator";
    }

    @Override
    public int compare(DirectBuffer a, DirectBuffer b) {
        return Bytes.compare(b, a);
    }

    @Override
    public int compare(DirectBuffer a, int aOffset, int aLength, DirectBuffer b, int bOffset, int bLength) {
        return Bytes.compare(b, bOffset, bLength, a, aOffset, aLength);
    }

    @Override
    public byte[] shortestSeparator(byte[] start, byte[] limit) {
        int diff = Arrays.mismatch(start, limit);
        if (diff < 0 || diff >= start.length - 1 || diff >= limit.length) {
            return start; // one is a prefix of the other, or there is nothing to cut off
        }
        return (start[diff] & 0xff) > (limit[diff] & 0xff) ? Arrays.copyOf(start, diff + 1) : start;
    }
}
