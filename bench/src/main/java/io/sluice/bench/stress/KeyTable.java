// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import java.util.Arrays;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What each key has, and a lock for every few keys, which whoever writes or reads them holds until the store has answered:
 * so it is known exactly what the store must show. Safe for concurrent use by those who hold the locks.
 */
final class KeyTable {
    private static final int KEYS_OF_A_LOCK = 8;

    private final KeySpace space;
    private final long[][][] states;
    private final ReentrantLock[] locks;
    private final int locksOfAFamily;

    KeyTable(KeySpace space, long[][][] states) {
        this.space = space;
        this.locksOfAFamily = (space.keys() + KEYS_OF_A_LOCK - 1) / KEYS_OF_A_LOCK;
        this.locks = new ReentrantLock[space.families() * locksOfAFamily];
        for (int i = 0; i < locks.length; i++) {
            locks[i] = new ReentrantLock();
        }
        this.states = copy(states);
    }

    KeySpace space() {
        return space;
    }

    long[] get(int family, int key) {
        return states[family][key];
    }

    /** What the keys from one to below another have, for later. */
    long[][] copy(int family, int from, int to) {
        return Arrays.copyOfRange(states[family], from, to);
    }

    /** Of the whole table, while nobody writes. */
    long[][][] states() {
        return copy(states);
    }

    void apply(Change change) {
        for (int key = change.key(); key < change.endKey(); key++) {
            states[change.family()][key] = change.apply(states[change.family()][key]);
        }
    }

    /** The locks that a caller needs, to be taken in their order. */
    final class Locked implements AutoCloseable {
        private final SortedSet<Integer> needed = new TreeSet<>();

        /** Adds the keys from one to below another. */
        Locked with(int family, int from, int to) {
            for (int lock = from / KEYS_OF_A_LOCK; lock <= (to - 1) / KEYS_OF_A_LOCK; lock++) {
                needed.add(family * locksOfAFamily + lock);
            }
            return this;
        }

        /** Takes them. */
        Locked lock() {
            needed.forEach(number -> locks[number].lock());
            return this;
        }

        @Override
        public void close() {
            needed.forEach(number -> locks[number].unlock());
        }
    }

    Locked locks() {
        return new Locked();
    }

    private static long[][][] copy(long[][][] from) {
        long[][][] copy = new long[from.length][][];
        for (int i = 0; i < from.length; i++) {
            copy[i] = from[i].clone();
        }
        return copy;
    }
}
