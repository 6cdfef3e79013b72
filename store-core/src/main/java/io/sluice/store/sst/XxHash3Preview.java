// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * The 64-bit hash of RocksDB's filters: the preview of XXH3 in xxHash 0.7.2, frozen in RocksDB's {@code util/xxph3.h},
 * with seed 0. It gives other numbers than the XXH3 that was released later.
 */
final class XxHash3Preview {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final byte[] SECRET = HexFormat.of()
            .parseHex("b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
                    + "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
                    + "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
                    + "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
                    + "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
                    + "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e");

    private static final long PRIME32_1 = 0x9E3779B1L;
    private static final long PRIME32_2 = 0x85EBCA77L;
    private static final long PRIME32_3 = 0xC2B2AE3DL;
    private static final long PRIME64_1 = 0x9E3779B185EBCA87L;
    private static final long PRIME64_2 = 0xC2B2AE3D27D4EB4FL;
    private static final long PRIME64_3 = 0x165667B19E3779F9L;
    private static final long PRIME64_4 = 0x85EBCA77C2B2AE63L;
    private static final long PRIME64_5 = 0x27D4EB2F165667C5L;

    private static final int STRIPE = 64;
    private static final int LANES = 8;
    /** Stripes between two scrambles: the secret moves on by 8 bytes a stripe. */
    private static final int STRIPES_PER_BLOCK = (SECRET.length - STRIPE) / 8;

    private static final int MIN_SECRET = 136;

    private XxHash3Preview() {}

    /** The hash of {@code length} bytes from {@code offset}. */
    static long hash(byte[] input, int offset, int length) {
        if (length <= 16) {
            return hashUpTo16(input, offset, length);
        }
        if (length <= 128) {
            return hashUpTo128(input, offset, length);
        }
        return length <= 240 ? hashUpTo240(input, offset, length) : hashLong(input, offset, length);
    }

    private static long hashUpTo16(byte[] input, int offset, int length) {
        if (length > 8) {
            long low = read64(input, offset) ^ secret(0);
            long high = read64(input, offset + length - 8) ^ secret(8);
            return avalanche(length + low + high + multiplyFold(low, high));
        }
        if (length >= 4) {
            long low = read32(input, offset);
            long high = read32(input, offset + length - 4);
            long keyed = (low | (high << 32)) ^ secret(0);
            long mixed = length + (keyed ^ (keyed >>> 51)) * PRIME32_1;
            return avalanche((mixed ^ (mixed >>> 47)) * PRIME64_2);
        }
        if (length > 0) {
            long first = input[offset] & 0xff;
            long middle = input[offset + (length >> 1)] & 0xff;
            long last = input[offset + length - 1] & 0xff;
            long combined = first | (middle << 8) | (last << 16) | ((long) length << 24);
            return avalanche((combined ^ read32(SECRET, 0)) * PRIME64_1);
        }
        return multiplyFold(secret(0), PRIME64_2); // RocksDB's own: the preview hashed nothing to zero
    }

    private static long hashUpTo128(byte[] input, int offset, int length) {
        int end = offset + length;
        long sum = length * PRIME64_1;
        if (length > 96) {
            sum += mix16(input, offset + 48, 96) + mix16(input, end - 64, 112);
        }
        if (length > 64) {
            sum += mix16(input, offset + 32, 64) + mix16(input, end - 48, 80);
        }
        if (length > 32) {
            sum += mix16(input, offset + 16, 32) + mix16(input, end - 32, 48);
        }
        return avalanche(sum + mix16(input, offset, 0) + mix16(input, end - 16, 16));
    }

    private static long hashUpTo240(byte[] input, int offset, int length) {
        long sum = length * PRIME64_1;
        for (int i = 0; i < 8; i++) {
            sum += mix16(input, offset + 16 * i, 16 * i);
        }
        sum = avalanche(sum);
        for (int i = 8; i < length / 16; i++) {
            sum += mix16(input, offset + 16 * i, 16 * (i - 8) + 3);
        }
        return avalanche(sum + mix16(input, offset + length - 16, MIN_SECRET - 17));
    }

    private static long hashLong(byte[] input, int offset, int length) {
        long[] lanes = {PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1};
        int stripes = length / STRIPE;
        for (int i = 0; i < stripes; i++) {
            int inBlock = i % STRIPES_PER_BLOCK;
            accumulate(lanes, input, offset + i * STRIPE, 8 * inBlock);
            if (inBlock == STRIPES_PER_BLOCK - 1) {
                scramble(lanes);
            }
        }
        if (length % STRIPE != 0) {
            accumulate(lanes, input, offset + length - STRIPE, SECRET.length - STRIPE - 7);
        }
        long sum = length * PRIME64_1;
        for (int i = 0; i < LANES; i += 2) {
            sum += multiplyFold(lanes[i] ^ secret(11 + 8 * i), lanes[i + 1] ^ secret(19 + 8 * i));
        }
        return avalanche(sum);
    }

    private static void accumulate(long[] lanes, byte[] input, int offset, int secretOffset) {
        for (int i = 0; i < LANES; i++) {
            long value = read64(input, offset + 8 * i);
            long keyed = value ^ secret(secretOffset + 8 * i);
            lanes[i] += value + (keyed & 0xffffffffL) * (keyed >>> 32);
        }
    }

    private static void scramble(long[] lanes) {
        for (int i = 0; i < LANES; i++) {
            long lane = lanes[i];
            lanes[i] = (lane ^ (lane >>> 47) ^ secret(SECRET.length - STRIPE + 8 * i)) * PRIME32_1;
        }
    }

    private static long mix16(byte[] input, int offset, int secretOffset) {
        return multiplyFold(
                read64(input, offset) ^ secret(secretOffset), read64(input, offset + 8) ^ secret(secretOffset + 8));
    }

    private static long avalanche(long hash) {
        long h = (hash ^ (hash >>> 37)) * PRIME64_3;
        return h ^ (h >>> 32);
    }

    /** Both halves of the unsigned 128-bit product, XORed. */
    private static long multiplyFold(long a, long b) {
        long high = Math.multiplyHigh(a, b) + ((a >> 63) & b) + ((b >> 63) & a);
        return (a * b) ^ high;
    }

    private static long secret(int offset) {
        return (long) LONG.get(SECRET, offset);
    }

    private static long read64(byte[] input, int offset) {
        return (long) LONG.get(input, offset);
    }

    private static long read32(byte[] input, int offset) {
        return (int) INT.get(input, offset) & 0xffffffffL;
    }
}
