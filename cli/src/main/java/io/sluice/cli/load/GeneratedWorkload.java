// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.load;

import io.sluice.store.base.StoreException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Entries made of a seed and a number: each key once, in an order that looks random, as db_bench's fillrandom without
 * its repeats. Keys have db_bench's form: the number in 8 bytes, big-endian, then zeros. Half of a value is random, so
 * that it compresses to about half.
 *
 * <p>Column families get unequal shares, the last nearly four times as many entries as the first: as in a program, they
 * are then not all full at one moment.
 */
final class GeneratedWorkload implements Workload {
    /** The shortest keys. */
    static final int MIN_KEY_LENGTH = 8;

    private final int parts;
    private final int columnFamilies;
    private final long entries;
    private final int keyLength;
    private final int valueLength;
    private final long seed;
    private final int bits;
    private final AtomicLongArray written;

    GeneratedWorkload(int parts, int columnFamilies, long entries, int keyLength, int valueLength, long seed) {
        this.parts = parts;
        this.columnFamilies = columnFamilies;
        this.entries = entries;
        this.keyLength = keyLength;
        this.valueLength = valueLength;
        this.seed = seed;
        bits = Math.max(2, Long.SIZE - Long.numberOfLeadingZeros(entries));
        written = new AtomicLongArray(parts);
    }

    @Override
    public long expectedEntries() {
        return entries;
    }

    @Override
    public void write(int part, EntryConsumer consumer) throws StoreException {
        long count = entries / parts + (part < entries % parts ? 1 : 0);
        written.set(part, forEach(part, count, consumer));
    }

    @Override
    public void check(int part, EntryConsumer consumer) throws StoreException {
        forEach(part, written.get(part), consumer);
    }

    private long forEach(int part, long count, EntryConsumer consumer) throws StoreException {
        ByteBuffer key = ByteBuffer.allocate(keyLength);
        Arrays.fill(key.array(), (byte) '0');
        ByteBuffer value = ByteBuffer.allocate(valueLength);
        for (long i = 0; i < count; i++) {
            long number = permute(i * parts + part);
            key.putLong(0, number);
            fill(value, number);
            if (!consumer.accept(columnFamily(i), key.array(), value.array())) {
                return i;
            }
        }
        return count;
    }

    /** Of {@code n}, number {@code i} takes {@code n + 3 i} turns of each round. */
    private int columnFamily(long index) {
        long n = columnFamilies;
        long turn = index % (n * n + 3 * n * (n - 1) / 2);
        int columnFamily = 0;
        while (turn >= n + 3L * columnFamily) {
            turn -= n + 3L * columnFamily;
            columnFamily++;
        }
        return columnFamily;
    }

    /** A permutation of 0 to entries - 1: one of a power of two, walked until it leads back into the range. */
    private long permute(long index) {
        long mask = (1L << bits) - 1;
        long number = index;
        do {
            number = ((number ^ seed) * 0x9E3779B97F4A7C15L) & mask;
            number ^= number >>> (bits / 2);
            number = (number * 0xBF58476D1CE4E5B9L) & mask;
            number ^= number >>> (bits / 2 + 1);
        } while (number >= entries);
        return number;
    }

    private void fill(ByteBuffer value, long number) {
        long state = number ^ seed;
        int random = valueLength / 2;
        int at = 0;
        for (; at + Long.BYTES <= random; at += Long.BYTES) {
            state += 0x9E3779B97F4A7C15L;
            value.putLong(at, mix(state));
        }
        long rest = mix(~state);
        for (; at < valueLength; at++) {
            value.put(at, (byte) (rest >>> (8 * (at & 7))));
        }
    }

    /** SplitMix64's finaliser. */
    private static long mix(long state) {
        long z = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
