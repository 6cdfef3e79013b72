// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import io.sluice.store.base.KeyComparator;
import java.util.concurrent.atomic.LongAdder;

/** One of a memtable's two lists of nodes, with its counts. Safe for concurrent use; a count is exact where nobody links. */
final class CountedList {
    final SkipList nodes;
    private final LongAdder count = new LongAdder();
    private final LongAdder dataLength = new LongAdder();

    CountedList(Arena arena, KeyComparator comparator) {
        this.nodes = new SkipList(arena, comparator);
    }

    /** Links a node whose key and value have {@code length} bytes. Where it is counted, it is in the list. */
    void link(int node, int height, long length) {
        nodes.link(node, height);
        dataLength.add(length);
        count.increment();
    }

    boolean isEmpty() {
        return nodes.next(MemtableFormat.NONE) == MemtableFormat.NONE;
    }

    long count() {
        return count.sum();
    }

    long dataLength() {
        return dataLength.sum();
    }

    SealedLayout.EntryList toLayout() {
        return new SealedLayout.EntryList(nodes.next(MemtableFormat.NONE), count(), dataLength());
    }
}
