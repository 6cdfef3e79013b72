// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import io.sluice.store.base.ValueType;
import java.util.Arrays;

/**
 * One entry of a write.
 *
 * @param type of {@link ValueType}
 * @param end of a range deletion the key behind its last, otherwise unused
 * @param id of the value or operand; no two changes share one
 */
record Change(byte type, int family, int key, int end, long id) {
    /** What a key has that is not there; each other state is the ids of the writes that made its value. */
    static final long[] ABSENT = {};

    /** The first key behind those that it touches. */
    int endKey() {
        return type == ValueType.RANGE_DELETION ? end : key + 1;
    }

    /** Whether it touches a key of its column family. */
    boolean touches(int number) {
        return number >= key && number < endKey();
    }

    /** What a key that it touches has after it. */
    long[] apply(long[] before) {
        return switch (type) {
            case ValueType.VALUE -> new long[] {id};
            case ValueType.MERGE -> {
                long[] after = Arrays.copyOf(before, before.length + 1);
                after[before.length] = id;
                yield after;
            }
            default -> ABSENT;
        };
    }
}
