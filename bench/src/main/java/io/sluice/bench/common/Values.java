// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.common;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/**
 * The values of a run: as with db_bench, pieces of one buffer of 1 MiB that compresses to half. Which piece, the key's
 * number tells, so that whatever was read back can be checked. Immutable.
 */
public final class Values {
    private static final int POOL_LENGTH = 1 << 20;
    private static final int PIECE_LENGTH = 100;

    private final ByteBuffer pool;
    private final int size;

    /** Values of so many bytes. */
    public Values(int size) {
        this.size = size;
        this.pool = compressible(POOL_LENGTH + size);
    }

    /** A buffer to move about with {@link #select}, direct and with all that is needed; one for each thread. */
    public ByteBuffer view() {
        return pool.duplicate();
    }

    /** Sets position and limit of a {@link #view} around the value of a key. */
    public void select(ByteBuffer view, long number) {
        int offset = offset(number);
        view.limit(offset + size).position(offset);
    }

    /** Whether the value of a key has these bytes. */
    public boolean matches(long number, ByteBuffer value) {
        return pool.slice(offset(number), size).equals(value);
    }

    private static int offset(long number) {
        return (int) ((number * 0x9e3779b97f4a7c15L) >>> 44);
    }

    /** Of each 100 bytes the second half repeats the first. */
    private static ByteBuffer compressible(int length) {
        SplittableRandom random = new SplittableRandom(301);
        ByteBuffer buffer = ByteBuffer.allocateDirect(length);
        for (int i = 0; i < length; i++) {
            boolean repeats = i % PIECE_LENGTH >= PIECE_LENGTH / 2;
            buffer.put(i, repeats ? buffer.get(i - PIECE_LENGTH / 2) : (byte) (' ' + random.nextInt(95)));
        }
        return buffer;
    }
}
