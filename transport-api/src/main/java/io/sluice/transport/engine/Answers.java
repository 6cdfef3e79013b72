// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

/** Ids of operations that wait to be answered, at most so many; the agent's. Allocates nothing. */
final class Answers {
    private final long[] ids;
    private final boolean[] revoked;
    private int head;
    private int size;

    Answers(int capacity) {
        ids = new long[capacity];
        revoked = new boolean[capacity];
    }

    int size() {
        return size;
    }

    /** The caller knows that there is room. */
    void add(long id, boolean wasRevoked) {
        int index = (head + size++) % ids.length;
        ids[index] = id;
        revoked[index] = wasRevoked;
    }

    long firstId() {
        return ids[head];
    }

    boolean isFirstRevoked() {
        return revoked[head];
    }

    void remove() {
        head = (head + 1) % ids.length;
        size--;
    }
}
