// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.fuzz;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Damages inputs in ways that parsers meet: bits and bytes, lengths that lie, pieces lost, doubled and mixed up. */
final class Mutator {
    private static final long[] NUMBERS = {
        0,
        1,
        -1,
        5,
        7,
        8,
        0x7f,
        0x80,
        0xff,
        0x100,
        0x7fff,
        0x8000,
        0xffff,
        0xffffff,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        0xffffffffL,
        1L << 32,
        (1L << 56) - 1,
        1L << 56,
        1L << 62,
        Long.MAX_VALUE,
        Long.MIN_VALUE
    };
    private static final int MAX_GROWTH = 4096;

    private final SplittableRandom random;
    private final List<byte[]> seeds;

    Mutator(SplittableRandom random, List<byte[]> seeds) {
        this.random = random;
        this.seeds = seeds;
    }

    byte[] next() {
        byte[] bytes = seed().clone();
        for (int changes = 1 + random.nextInt(5); changes > 0; changes--) {
            bytes = change(bytes);
        }
        return bytes;
    }

    private byte[] seed() {
        return seeds.get(random.nextInt(seeds.size()));
    }

    private byte[] change(byte[] bytes) {
        if (bytes.length == 0) {
            return noise(1 + random.nextInt(16));
        }
        int at = place(bytes.length);
        return switch (random.nextInt(9)) {
            case 0 -> put(bytes, at, bytes[at] ^ 1L << random.nextInt(8), 1);
            case 1 -> put(bytes, at, random.nextInt(), 1);
            case 2 -> put(bytes, at, number(), 1 << random.nextInt(4));
            case 3 -> putVarint(bytes, at, number());
            case 4 -> put(bytes, at, random.nextInt(2 * bytes.length), 4);
            case 5 -> Arrays.copyOf(bytes, at);
            case 6 -> splice(bytes, at, at + random.nextInt(Math.min(16, bytes.length - at) + 1), new byte[0]);
            case 7 -> splice(bytes, at, at, noise(1 + random.nextInt(8)));
            default -> {
                byte[] other = seed();
                int from = other.length == 0 ? 0 : random.nextInt(other.length);
                int length = random.nextInt(Math.min(MAX_GROWTH, other.length - from) + 1);
                byte[] piece = Arrays.copyOfRange(other, from, from + length);
                yield splice(bytes, at, random.nextBoolean() ? at : Math.min(bytes.length, at + length), piece);
            }
        };
    }

    /** Anywhere; at times near the end, where headers point from. */
    private int place(int length) {
        int tail = Math.min(length, 64);
        return random.nextInt(4) == 0 ? length - 1 - random.nextInt(tail) : random.nextInt(length);
    }

    private long number() {
        return NUMBERS[random.nextInt(NUMBERS.length)] + random.nextInt(-1, 2);
    }

    private byte[] noise(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] put(byte[] bytes, int at, long value, int width) {
        for (int i = 0; i < width && at + i < bytes.length; i++) {
            bytes[at + i] = (byte) (value >>> (8 * i));
        }
        return bytes;
    }

    private static byte[] putVarint(byte[] bytes, int at, long value) {
        long rest = value;
        for (int i = at; i < bytes.length; i++, rest >>>= 7) {
            bytes[i] = (byte) (rest >>> 7 == 0 ? rest : rest | 0x80);
            if (rest >>> 7 == 0) {
                break;
            }
        }
        return bytes;
    }

    private static byte[] splice(byte[] bytes, int from, int to, byte[] piece) {
        byte[] result = new byte[from + piece.length + bytes.length - to];
        System.arraycopy(bytes, 0, result, 0, from);
        System.arraycopy(piece, 0, result, from, piece.length);
        System.arraycopy(bytes, to, result, from + piece.length, bytes.length - to);
        return result;
    }
}
