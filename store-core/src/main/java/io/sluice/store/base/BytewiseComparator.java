// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

import java.util.Arrays;
import org.agrona.DirectBuffer;

/**
 * Unsigned lexicographic order, RocksDB's default. Separators and successors follow RocksDB's {@code
 * util/comparator.cc}, since they stand in index blocks that must come out byte for byte the same.
 */
public final class BytewiseComparator implements KeyComparator {
    /** The one instance. */
    public static final BytewiseComparator INSTANCE = new BytewiseComparator();

    private BytewiseComparator() {}

    @Override
    public String name() {
        return "leveldb.BytewiseComparator";
    }

    @Override
    public int compare(DirectBuffer a, DirectBuffer b) {
        return Bytes.compare(a, b);
    }

    @Override
    public int compare(DirectBuffer a, int aOffset, int aLength, DirectBuffer b, int bOffset, int bLength) {
        return Bytes.compare(a, aOffset, aLength, b, bOffset, bLength);
    }

    @Override
    public boolean isBytewise() {
        return true;
    }

    @Override
    public byte[] shortestSeparator(byte[] start, byte[] limit) {
        int diff = Arrays.mismatch(start, limit);
        if (diff < 0 || diff >= start.length || diff >= limit.length) {
            return start; // one is a prefix of the other
        }
        int startByte = start[diff] & 0xff;
        int limitByte = limit[diff] & 0xff;
        if (startByte >= limitByte) {
            return start; // not in order: nothing sensible to shorten
        }
        if (diff < limit.length - 1 || startByte + 1 < limitByte) {
            byte[] separator = Arrays.copyOf(start, diff + 1);
            separator[diff]++;
            return separator;
        }
        // The bytes differ by one and limit ends here: keep that byte and raise the first later one that can be raised.
        for (int i = diff + 1; i < start.length; i++) {
            if (start[i] != (byte) 0xff) {
                byte[] separator = Arrays.copyOf(start, i + 1);
                separator[i]++;
                return separator;
            }
        }
        return start;
    }

    @Override
    public byte[] shortSuccessor(byte[] key) {
        for (int i = 0; i < key.length; i++) {
            if (key[i] != (byte) 0xff) {
                byte[] successor = Arrays.copyOf(key, i + 1);
                successor[i]++;
                return successor;
            }
        }
        return key;
    }
}
