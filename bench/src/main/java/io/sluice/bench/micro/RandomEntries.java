// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.micro;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** One thread's random keys of 16 bytes, and a value of 100, as db_bench's {@code fillrandom} has them. */
@State(Scope.Thread)
public class RandomEntries {
    /** Bytes of a key. */
    static final int KEY_LENGTH = 16;

    /** Bytes of a value. */
    static final int VALUE_LENGTH = 100;

    private static final AtomicLong SEEDS = new AtomicLong();

    /** The key. */
    final ByteBuffer key = ByteBuffer.allocateDirect(KEY_LENGTH);

    /** The value. */
    final ByteBuffer value = ByteBuffer.allocateDirect(VALUE_LENGTH);

    /** Where a value is copied to. */
    final ByteBuffer found = ByteBuffer.allocateDirect(VALUE_LENGTH);

    /** The key again. Here and not in a state of its own: JMH would give that another instance of this one. */
    final UnsafeBuffer keyView = new UnsafeBuffer(key);

    /** The value again. */
    final UnsafeBuffer valueView = new UnsafeBuffer(value);

    private final ByteBuffer array = ByteBuffer.allocate(KEY_LENGTH);
    private final byte[] valueArray = new byte[VALUE_LENGTH];
    private final SplittableRandom random = new SplittableRandom(SEEDS.incrementAndGet());

    /** Makes the key another one of [0, bound), and both buffers ready to be read. */
    void next(long bound) {
        key.clear().putLong(0, random.nextLong(bound));
        value.clear();
        array.putLong(0, key.getLong(0));
    }

    /** The key. */
    byte[] keyArray() {
        return array.array();
    }

    /** The value. */
    byte[] valueArray() {
        return valueArray;
    }
}
