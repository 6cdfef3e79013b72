// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.fuzz.FuzzTarget;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Filter blocks of each kind: Bloom, Ribbon and the Bloom filter of old. They are never refused, they only say nothing.
 * The first byte is the length of the key that is asked for, which follows; the others are the block.
 */
class FilterFuzzTest extends FuzzTarget {
    @Override
    protected List<byte[]> seeds() throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        for (byte[] table : GoldenTables.all()) {
            for (byte[] filter : GoldenTables.filters(table)) {
                for (String key : new String[] {"", "fruit", "tree/007", "key00012"}) {
                    seeds.add(input(key, filter));
                }
            }
        }
        SplittableRandom random = new SplittableRandom(1);
        for (int length : new int[] {16, 64, 256, 1000}) {
            byte[] bits = new byte[length + FilterBits.METADATA_LENGTH];
            random.nextBytes(bits);
            for (byte[] end :
                    new byte[][] {{-1, 0, 6, 0, 0}, {-2, 3, 2, 0, 0}, {-2, 0, 7, 0, 0}, {6, 1, 0, 0, 0}, {6, 4, 0, 0, 0}
                    }) {
                System.arraycopy(end, 0, bits, length, end.length);
                seeds.add(input("some key", bits));
            }
        }
        return seeds;
    }

    private static byte[] input(String key, byte[] filter) {
        byte[] input = new byte[1 + key.length() + filter.length];
        input[0] = (byte) key.length();
        for (int i = 0; i < key.length(); i++) {
            input[i + 1] = (byte) key.charAt(i);
        }
        System.arraycopy(filter, 0, input, 1 + key.length(), filter.length);
        return input;
    }

    @Override
    protected void parse(byte[] input) {
        if (input.length == 0) {
            return;
        }
        int keyLength = Math.min(input[0] & 0xff, input.length - 1);
        UnsafeBuffer block = new UnsafeBuffer(Arrays.copyOfRange(input, 1 + keyLength, input.length));
        boolean may = FilterBits.mayContain(block, input, 1, keyLength);
        require(may == FilterBits.mayContain(block, input, 1, keyLength), "a second look says something else");
        for (int length = 0; length < keyLength; length++) {
            FilterBits.mayContain(block, input, 1, length);
        }
    }
}
