// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.cache;

import org.jspecify.annotations.Nullable;

/** Which block: of which store, file, and at which offset. Changes only where it serves one thread's look-ups. */
final class BlockKey {
    private long owner;
    private long file;
    private long offset;

    BlockKey set(long ownerId, long fileNumber, long blockOffset) {
        owner = ownerId;
        file = fileNumber;
        offset = blockOffset;
        return this;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof BlockKey key && key.offset == offset && key.file == file && key.owner == owner;
    }

    @Override
    public int hashCode() {
        long mixed = (offset ^ file * 0x9e3779b97f4a7c15L ^ owner * 0xc2b2ae3d27d4eb4fL) * 0x9e3779b97f4a7c15L;
        return (int) (mixed >>> 32);
    }

    @Override
    public String toString() {
        return "block " + offset + " of file " + file;
    }
}
