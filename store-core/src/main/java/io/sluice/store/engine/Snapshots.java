// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.List;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * The sequence numbers that the program holds, with how often. Safe for concurrent use.
 *
 * <p>A job takes the list after its inputs are fixed and visible. A snapshot that is missing in the list was then taken
 * later, under the same lock, at a number that is not below any of the inputs': it sees the newest version of each key,
 * which every job keeps.
 */
final class Snapshots {
    private final LongSupplier visible;

    @GuardedBy("this")
    private final TreeMap<Long, Integer> holders = new TreeMap<>();

    /** {@code visible} tells up to which sequence number all writes can be seen. */
    Snapshots(LongSupplier visible) {
        this.visible = visible;
    }

    /** Holds what can be seen now; the sequence number, for {@link #release}. */
    synchronized long acquire() {
        long sequence = visible.getAsLong();
        holders.merge(sequence, 1, Integer::sum);
        return sequence;
    }

    /** Lets go of a number, once for each {@link #acquire} that returned it. */
    synchronized void release(long sequence) {
        holders.computeIfPresent(sequence, (number, count) -> count == 1 ? null : count - 1);
    }

    /** The numbers held, ascending. */
    synchronized List<Long> list() {
        return List.copyOf(holders.keySet());
    }

    /** Holders of all numbers. */
    synchronized int count() {
        return holders.values().stream().mapToInt(Integer::intValue).sum();
    }
}
