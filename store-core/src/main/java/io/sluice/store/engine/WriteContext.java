// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.memory.MemoryPool;
import io.sluice.store.memtable.EntryReserve;
import io.sluice.store.memtable.Memtable;
import io.sluice.store.write.Batch;
import io.sluice.store.write.BatchCursor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one thread needs for a write, kept from one write to the next so that a write allocates nothing: the column
 * families that it touches, the memtable of each that it has entered, and the node of each entry; where memory was short,
 * also what it has taken of it before it enters them.
 */
final class WriteContext {
    private static final int MAX_KEPT_BATCH = 1 << 20;
    private static final EntryReserve[] NO_RESERVES = {};

    final BatchCursor cursor = new BatchCursor();
    final LogWrite logWrite = new LogWrite(this);
    private Batch single = new Batch();

    private @Nullable ColumnFamily[] families = new ColumnFamily[4];
    private @Nullable Memtable[] memtables = new Memtable[4];
    private int familyCount;
    private int enteredCount;
    /** By column family, as long as there are; empty but where memory was short. */
    private EntryReserve[] reserves = NO_RESERVES;

    private int[] nodes = new int[64];
    private int[] nodeFamilies = new int[64];
    private int nodeCount;

    /** An empty batch for one write. */
    Batch singleBatch() {
        if (single.length() > MAX_KEPT_BATCH) {
            single = new Batch();
        }
        single.clear();
        return single;
    }

    /** Forgets the write: a thread outlives stores, and must keep none of them reachable. */
    void clear() {
        dropReserves();
        Arrays.fill(families, 0, familyCount, null);
        familyCount = 0;
        nodeCount = 0;
    }

    /** The index of a column family in this write; adds it where it is new. */
    int indexOf(ColumnFamily family) {
        for (int i = familyCount - 1; i >= 0; i--) {
            if (families[i] == family) {
                return i;
            }
        }
        if (familyCount == families.length) {
            families = Arrays.copyOf(families, 2 * familyCount);
            memtables = Arrays.copyOf(memtables, 2 * familyCount);
        }
        families[familyCount] = family;
        return familyCount++;
    }

    int familyCount() {
        return familyCount;
    }

    ColumnFamily family(int index) {
        return present(families[index]);
    }

    /** The memtable entered for the column family at {@code index}. */
    Memtable memtable(int index) {
        return present(memtables[index]);
    }

    /** Enters the memtable of the next column family; false where it is sealed. */
    boolean enter(Memtable memtable) {
        if (!memtable.tryEnter()) {
            return false;
        }
        memtables[enteredCount++] = memtable;
        return true;
    }

    /** Leaves all memtables. */
    void exitAll() {
        while (enteredCount > 0) {
            Memtable memtable = present(memtables[--enteredCount]);
            memtables[enteredCount] = null;
            memtable.exit();
        }
    }

    /** An empty reserve for each column family of the write; what is left in them goes back at its end. */
    List<EntryReserve> newReserves(MemoryPool pool) {
        EntryReserve[] made = new EntryReserve[familyCount];
        Arrays.setAll(made, i -> new EntryReserve(pool));
        reserves = made;
        return List.of(made);
    }

    boolean hasReserves() {
        return reserves.length > 0;
    }

    void dropReserves() {
        for (EntryReserve reserve : reserves) {
            reserve.release();
        }
        reserves = NO_RESERVES;
    }

    /** That of the column family at {@code index}; only where there are. */
    EntryReserve reserve(int index) {
        return reserves[index];
    }

    void clearNodes() {
        nodeCount = 0;
    }

    void addNode(int node, int family) {
        if (nodeCount == nodes.length) {
            nodes = Arrays.copyOf(nodes, 2 * nodeCount);
            nodeFamilies = Arrays.copyOf(nodeFamilies, 2 * nodeCount);
        }
        nodes[nodeCount] = node;
        nodeFamilies[nodeCount++] = family;
    }

    /** Links all nodes in order, the first with {@code sequence}. */
    void link(long sequence) {
        for (int i = 0; i < nodeCount; i++) {
            memtable(nodeFamilies[i]).link(nodes[i], sequence + i);
        }
    }

    private static <T> T present(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("nothing was entered here");
        }
        return value;
    }
}
