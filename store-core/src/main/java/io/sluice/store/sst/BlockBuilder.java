// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.agrona.DirectBuffer;

/**
 * Builds the contents of one block after another in an array that it keeps ({@code block_builder.cc}).
 *
 * <pre>
 *   entry:    | shared varint32 | unshared varint32 | value length varint32 | key bytes | value bytes |
 *   contents: | entries | restart offsets u32[n] | n u32 |
 * </pre>
 *
 * An entry leaves out the bytes that its key shares with the key before, but for every {@code restartInterval}-th, a
 * restart point. Index entries, whose values tell their own length, have no value length. Used by one thread.
 */
final class BlockBuilder {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int MAX_HEADER = 15;

    private final int restartInterval;
    private byte[] bytes;
    private int length;
    private int[] restarts = new int[16];
    private int restartCount = 1;
    private int sinceRestart;

    BlockBuilder(int restartInterval, int initialCapacity) {
        this.restartInterval = restartInterval;
        this.bytes = new byte[initialCapacity];
    }

    boolean isEmpty() {
        return length == 0;
    }

    /** Bytes that the contents would have now. */
    long size() {
        return length + 4L * (restartCount + 1);
    }

    /** RocksDB's estimate of the size with one more entry; it leaves prefix compression out. */
    long sizeWith(int keyLength, int valueLength) {
        return size()
                + keyLength
                + valueLength
                + (sinceRestart >= restartInterval ? 4 : 0)
                + 4
                + varintLength(keyLength)
                + varintLength(valueLength);
    }

    /** Adds an entry; its key shares the first {@code shared} bytes with the key before it in this block. */
    void add(byte[] key, int keyLength, int shared, DirectBuffer value) {
        int valueLength = value.capacity();
        int kept = beginEntry(keyLength, shared, valueLength);
        putVarint(kept);
        putVarint(keyLength - kept);
        putVarint(valueLength);
        putKey(key, kept, keyLength);
        value.getBytes(0, bytes, length, valueLength);
        length += valueLength;
    }

    /** Adds an entry without a value length: {@code delta} where its key is shortened, else {@code full}. */
    void addIndexEntry(byte[] key, int shared, DirectBuffer full, int fullLength, DirectBuffer delta, int deltaLength) {
        int kept = beginEntry(key.length, shared, Math.max(fullLength, deltaLength));
        putVarint(kept);
        putVarint(key.length - kept);
        putKey(key, kept, key.length);
        int valueLength = kept == 0 ? fullLength : deltaLength;
        (kept == 0 ? full : delta).getBytes(0, bytes, length, valueLength);
        length += valueLength;
    }

    /** Writes the restart points: the contents are complete. Leaves room for a trailer behind them. */
    void finish() {
        bytes = Buffers.ensure(bytes, size() + TableFormat.TRAILER_LENGTH);
        for (int i = 0; i < restartCount; i++) {
            putInt(restarts[i]);
        }
        putInt(restartCount);
    }

    /** The array with the contents from 0 to {@link #length()}. */
    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }

    void reset() {
        length = 0;
        restartCount = 1;
        sinceRestart = 0;
    }

    /** Makes room and a restart point where one is due; the number of key bytes that can be left out. */
    private int beginEntry(int keyLength, int shared, int valueLength) {
        bytes = Buffers.ensure(bytes, (long) length + MAX_HEADER + keyLength + valueLength);
        int kept = shared;
        if (sinceRestart >= restartInterval) {
            if (restartCount == restarts.length) {
                restarts = Arrays.copyOf(restarts, 2 * restartCount);
            }
            restarts[restartCount++] = length;
            sinceRestart = 0;
            kept = 0;
        } else if (length == 0) {
            kept = 0;
        }
        sinceRestart++;
        return kept;
    }

    private void putKey(byte[] key, int from, int to) {
        System.arraycopy(key, from, bytes, length, to - from);
        length += to - from;
    }

    private void putVarint(int value) {
        int rest = value;
        while (rest >>> 7 != 0) {
            bytes[length++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[length++] = (byte) rest;
    }

    private void putInt(int value) {
        INT.set(bytes, length, value);
        length += 4;
    }

    private static int varintLength(int value) {
        int n = 1;
        for (int rest = value >>> 7; rest != 0; rest >>>= 7) {
            n++;
        }
        return n;
    }
}
