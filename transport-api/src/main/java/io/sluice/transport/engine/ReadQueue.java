// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import org.jspecify.annotations.Nullable;

/** The peer's reads that wait to be served, in order, and at most so many; the agent's. Allocates nothing. */
final class ReadQueue {
    private final Entry[] entries;
    private int head;
    private int size;

    /** A read. */
    static final class Entry {
        long id;

        @Nullable
        Exposure exposure;

        long offset;
        long length;
        long sent;
    }

    ReadQueue(int capacity) {
        entries = new Entry[capacity];
        for (int i = 0; i < capacity; i++) {
            entries[i] = new Entry();
        }
    }

    int size() {
        return size;
    }

    /** The caller knows that there is room. */
    void add(long id, Exposure exposure, long offset, long length) {
        Entry entry = entries[(head + size++) % entries.length];
        exposure.use();
        entry.id = id;
        entry.exposure = exposure;
        entry.offset = offset;
        entry.length = length;
        entry.sent = 0;
    }

    Entry first() {
        return entries[head];
    }

    /** Removes the first; the caller ends its exposure's use. */
    void remove() {
        entries[head].exposure = null;
        head = (head + 1) % entries.length;
        size--;
    }
}
