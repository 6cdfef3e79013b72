// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import static io.sluice.store.memtable.MemtableFormat.KEY_LENGTH_OFFSET;
import static io.sluice.store.memtable.MemtableFormat.KEY_OFFSET;
import static io.sluice.store.memtable.MemtableFormat.MAX_HEIGHT;
import static io.sluice.store.memtable.MemtableFormat.NONE;
import static io.sluice.store.memtable.MemtableFormat.PREFIX_LENGTH;
import static io.sluice.store.memtable.MemtableFormat.PREFIX_OFFSET;
import static io.sluice.store.memtable.MemtableFormat.linkOffset;
import static io.sluice.store.memtable.MemtableFormat.prefix;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.sluice.store.base.Bytes;
import io.sluice.store.base.KeyComparator;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The order of a memtable's entries: a skip list whose nodes lie in an {@link Arena} and link to each other by
 * references. W. Pugh, "Skip lists: a probabilistic alternative to balanced trees", 1990; the concurrent insert is that
 * of lists without removal.
 *
 * <p>Thread safety: all methods may be called by any thread, without locks.
 *
 * <p>Invariants:
 *
 * <ol>
 *   <li>Nodes are never removed, and nothing in a linked node changes but its links.
 *   <li>The nodes of each level are in strictly ascending order of internal keys, and are all in the level below.
 *   <li>A node's bytes are written before the compare-and-set that links it at level 0, which publishes it; it is linked
 *       from the bottom up, and its own link of a level is set before it is linked there.
 * </ol>
 */
final class SkipList {
    private static final ThreadLocal<Splice> SPLICES = ThreadLocal.withInitial(Splice::new);

    private final Arena arena;
    private final KeyComparator comparator;
    private final boolean bytewise;
    private final AtomicIntegerArray head = new AtomicIntegerArray(MAX_HEIGHT);

    /** Where an insertion goes: the neighbours of the new node on each level. Kept per thread, to allocate nothing. */
    private static final class Splice {
        final int[] previous = new int[MAX_HEIGHT];
        final int[] next = new int[MAX_HEIGHT];
    }

    SkipList(Arena arena, KeyComparator comparator) {
        this.arena = arena;
        this.comparator = comparator;
        this.bytewise = comparator.isBytewise();
    }

    /** The node after {@code node}, or the first one after {@link MemtableFormat#NONE}; NONE at the end. */
    int next(int node) {
        return next(node, 0);
    }

    /** The first node at or after an internal key, or NONE. */
    int findAtOrAfter(DirectBuffer key, int offset, int length, long trailer) {
        return find(key, offset, length, trailer, false);
    }

    /** The last node before an internal key, or NONE. */
    int findBefore(DirectBuffer key, int offset, int length, long trailer) {
        return find(key, offset, length, trailer, true);
    }

    /** The last node, or NONE. */
    int findLast() {
        int node = NONE;
        for (int level = MAX_HEIGHT - 1; level >= 0; level--) {
            for (int next = next(node, level); next != NONE; next = next(node, level)) {
                node = next;
            }
        }
        return node;
    }

    /** Compares a node's internal key with another, whose prefix the caller has. */
    int compare(int node, long prefix, DirectBuffer key, int offset, int length, long trailer) {
        UnsafeBuffer buffer = arena.buffer(node);
        int at = arena.offset(node);
        int order;
        int nodeLength;
        if (bytewise) {
            long nodePrefix = buffer.getLong(at + PREFIX_OFFSET, LITTLE_ENDIAN);
            if (nodePrefix != prefix) {
                return Long.compareUnsigned(nodePrefix, prefix);
            }
            nodeLength = buffer.getInt(at + KEY_LENGTH_OFFSET, LITTLE_ENDIAN);
            int equal = Math.min(nodeLength, length) >= PREFIX_LENGTH ? PREFIX_LENGTH : 0;
            order = Bytes.compare(
                    buffer, at + KEY_OFFSET + equal, nodeLength - equal, key, offset + equal, length - equal);
        } else {
            nodeLength = buffer.getInt(at + KEY_LENGTH_OFFSET, LITTLE_ENDIAN);
            order = comparator.compare(buffer, at + KEY_OFFSET, nodeLength, key, offset, length);
        }
        if (order != 0) {
            return order;
        }
        long nodeTrailer = buffer.getLong(at + KEY_OFFSET + nodeLength, LITTLE_ENDIAN);
        return Long.compareUnsigned(trailer, nodeTrailer); // the newer one comes first
    }

    /** Links a node, whose tower has {@code height} levels and whose other bytes are written. */
    void link(int node, int height) {
        UnsafeBuffer buffer = arena.buffer(node);
        int at = arena.offset(node);
        int offset = at + KEY_OFFSET;
        int length = buffer.getInt(at + KEY_LENGTH_OFFSET, LITTLE_ENDIAN);
        long trailer = buffer.getLong(offset + length, LITTLE_ENDIAN);
        long prefix = buffer.getLong(at + PREFIX_OFFSET, LITTLE_ENDIAN);
        Splice splice = SPLICES.get();
        findSplice(splice, height, prefix, buffer, offset, length, trailer);
        for (int level = 0; level < height; level++) {
            int previous = splice.previous[level];
            int next = splice.next[level];
            for (; ; ) {
                buffer.putInt(at + linkOffset(level), next, LITTLE_ENDIAN);
                if (compareAndSetNext(previous, level, next, node)) {
                    break;
                }
                // Another node was linked here since: go on from where we stand.
                next = next(previous, level);
                while (next != NONE && compare(next, prefix, buffer, offset, length, trailer) < 0) {
                    previous = next;
                    next = next(previous, level);
                }
            }
        }
    }

    private void findSplice(
            Splice splice, int height, long prefix, DirectBuffer key, int offset, int length, long trailer) {
        int node = NONE;
        int after = NONE;
        for (int level = MAX_HEIGHT - 1; level >= 0; level--) {
            int next = next(node, level);
            while (next != after && compare(next, prefix, key, offset, length, trailer) < 0) {
                node = next;
                next = next(node, level);
            }
            if (level < height) {
                splice.previous[level] = node;
                splice.next[level] = next;
            }
            after = next;
        }
    }

    private int find(DirectBuffer key, int offset, int length, long trailer, boolean before) {
        long prefix = prefix(key, offset, length);
        int node = NONE;
        int after = NONE; // at or after the key, or the end: on each lower level the walk meets it
        for (int level = MAX_HEIGHT - 1; level >= 0; level--) {
            int next = next(node, level);
            while (next != after && compare(next, prefix, key, offset, length, trailer) < 0) {
                node = next;
                next = next(node, level);
            }
            after = next;
        }
        return before ? node : after;
    }

    private int next(int node, int level) {
        if (node == NONE) {
            return head.get(level);
        }
        return arena.buffer(node).getIntVolatile(arena.offset(node) + linkOffset(level));
    }

    private boolean compareAndSetNext(int node, int level, int expected, int update) {
        if (node == NONE) {
            return head.compareAndSet(level, expected, update);
        }
        return arena.buffer(node).compareAndSetInt(arena.offset(node) + linkOffset(level), expected, update);
    }
}
