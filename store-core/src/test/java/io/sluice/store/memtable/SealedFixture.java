// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memtable;

import io.sluice.store.base.Bytes;
import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.Crc32c;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.memory.MemoryPool;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** Sealed memtables as they arrive at a worker, and what a hostile peer can do to them. */
final class SealedFixture {
    private SealedFixture() {}

    /** A layout and copies of its blocks. */
    record Shipped(SealedLayout layout, List<UnsafeBuffer> blocks, KeyComparator comparator) {
        static Shipped copyOf(SealedMemtable sealed, KeyComparator comparator) {
            SealedLayout layout = sealed.layout();
            List<UnsafeBuffer> copies = new ArrayList<>();
            for (int i = 0; i < layout.blockLengths().size(); i++) {
                UnsafeBuffer used = new UnsafeBuffer(
                        sealed.blocks().get(i).buffer(),
                        0,
                        layout.blockLengths().get(i));
                copies.add(new UnsafeBuffer(Bytes.copy(used)));
            }
            return new Shipped(layout, copies, comparator);
        }

        SealedMemtableReader open() throws StoreException {
            return SealedMemtableReader.open(layout, blocks, comparator);
        }

        Shipped withBlocks(List<UnsafeBuffer> others) {
            return new Shipped(layout, others, comparator);
        }

        /** As a liar sends it: changed bytes with checksums and lengths that fit them. */
        Shipped withChecksums() {
            return new Shipped(
                    new SealedLayout(
                            layout.version(),
                            layout.chunkLength(),
                            blocks.stream().map(UnsafeBuffer::capacity).toList(),
                            blocks.stream()
                                    .map(b -> Crc32c.of(b, 0, b.capacity()))
                                    .toList(),
                            layout.entries(),
                            layout.rangeDeletions(),
                            layout.smallestSequence(),
                            layout.largestSequence()),
                    blocks,
                    comparator);
        }

        /** The references of all entries of a memtable of one block, in order. */
        List<Integer> references() {
            List<Integer> references = new ArrayList<>();
            for (int node = layout.entries().head();
                    node != 0;
                    node = blocks.get(0).getInt(node * 8 - 4, ByteOrder.LITTLE_ENDIAN)) {
                references.add(node);
            }
            return references;
        }
    }

    /** 90 entries of keys of five bytes, key10 to key99, in one block. */
    static Shipped small(MemoryPool pool) throws IOException {
        Memtable memtable = MemtableFixture.memtable(pool);
        for (int i = 10; i < 100; i++) {
            MemtableFixture.put(memtable, "key" + i, i, "value" + i);
        }
        Shipped shipped = Shipped.copyOf(memtable.seal(), BytewiseComparator.INSTANCE);
        memtable.release();
        return shipped;
    }
}
