// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.RegionMemory;
import io.sluice.transport.RegionPool;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A connection's own views of the pool's slabs, for one direction, so that an operation allocates none. */
final class SlabViews {
    private final @Nullable ByteBuffer[] views;

    SlabViews(@Nullable RegionPool pool) {
        views = new @Nullable ByteBuffer[pool == null ? 0 : pool.slabCount()];
    }

    /** The view, limited to a range of a region. It is the same object for all regions of a slab. */
    ByteBuffer of(RegionMemory memory, long offset, int length) {
        ByteBuffer view = views[memory.slabIndex()];
        if (view == null) {
            view = memory.slab().duplicate();
            views[memory.slabIndex()] = view;
        }
        int start = Math.toIntExact(memory.offset() + offset);
        return view.limit(start + length).position(start);
    }
}
