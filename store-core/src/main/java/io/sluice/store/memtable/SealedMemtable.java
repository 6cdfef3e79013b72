// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.memory.MemoryBlock;
import java.util.List;

/**
 * A memtable that never changes again. Reference-counted: whoever holds it has retained it, and its blocks go back to
 * their pool with the last release. Safe for concurrent use.
 */
public interface SealedMemtable {
    /** Unique within its column family and the store's epoch, ascending with age. */
    long id();

    /**
     * The header of its layout. The first call reads all blocks for their checksums, about 100 µs a MiB: it is no
     * writer's work.
     */
    SealedLayout layout();

    /**
     * Its blocks, in the layout's order, of which the layout's {@code blockLengths} bytes are in use. They stay this memtable's: nobody else releases them.
     */
    List<MemoryBlock> blocks();

    /** Seconds since 1970 at its first entry. */
    long creationTime();

    /** Whether a flush may leave out the newest version of a key: a single deletion goes with its value. */
    boolean hasSingleDeletions();

    /** A walk over its entries but the range deletions. Holds a reference until closed. */
    InternalIterator iterator();

    /** A walk over its range deletions: keys are their starts, values their ends. Holds a reference until closed. */
    InternalIterator rangeDeletions();

    /** Takes a reference; throws {@link IllegalStateException} where all are gone. */
    void retain();

    /** Gives a reference back. */
    void release();
}
