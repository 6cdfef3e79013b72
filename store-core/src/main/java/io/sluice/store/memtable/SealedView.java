// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.store.base.Crc32c;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.memory.MemoryBlock;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A memtable that is sealed, with the header of its layout, which is made on first demand. */
final class SealedView implements SealedMemtable {
    private final Memtable memtable;

    @GuardedBy("this")
    private @Nullable SealedLayout layout;

    SealedView(Memtable memtable) {
        this.memtable = memtable;
    }

    @Override
    public long id() {
        return memtable.id();
    }

    @Override
    public synchronized SealedLayout layout() {
        SealedLayout made = layout;
        if (made == null) {
            made = makeLayout();
            layout = made;
        }
        return made;
    }

    @Override
    public List<MemoryBlock> blocks() {
        memtable.checkReferenced();
        return memtable.arena().blocks();
    }

    @Override
    public long creationTime() {
        return memtable.creationTime();
    }

    @Override
    public boolean hasSingleDeletions() {
        return memtable.hasSingleDeletions();
    }

    @Override
    public InternalIterator iterator() {
        return memtable.iterator();
    }

    @Override
    public InternalIterator rangeDeletions() {
        return memtable.rangeDeletions();
    }

    @Override
    public void retain() {
        memtable.retain();
    }

    @Override
    public void release() {
        memtable.release();
    }

    private SealedLayout makeLayout() {
        memtable.retain();
        try {
            Arena arena = memtable.arena();
            List<Integer> lengths = arena.usedLengths();
            List<MemoryBlock> blocks = arena.blocks();
            List<Integer> checksums = new ArrayList<>();
            for (int i = 0; i < blocks.size(); i++) {
                checksums.add(Crc32c.of(blocks.get(i).buffer(), 0, lengths.get(i)));
            }
            return new SealedLayout(
                    MemtableFormat.VERSION,
                    arena.chunkLength(),
                    lengths,
                    checksums,
                    memtable.entryList(),
                    memtable.rangeDeletionList(),
                    memtable.isEmpty() ? 0 : memtable.smallestSequence(),
                    memtable.largestSequence());
        } finally {
            memtable.release();
        }
    }
}
