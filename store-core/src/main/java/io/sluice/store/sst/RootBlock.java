// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.cache.OffHeapBlock;
import io.sluice.store.cache.OffHeapCache.Role;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The block with which searches of a table's index or filter begin: held for the table's life, or asked of the cache at
 * each use. Safe for concurrent use.
 */
final class RootBlock implements AutoCloseable {
    private final TableBlocks blocks;
    private final BlockHandle handle;
    private final Role role;
    private final @Nullable OffHeapBlock held;

    /** Reads the block. */
    RootBlock(TableBlocks blocks, BlockHandle handle, Role role, boolean hold) throws IOException {
        this.blocks = blocks;
        this.handle = handle;
        this.role = role;
        if (hold) {
            held = blocks.readFile(handle.offset(), handle.length(), role);
        } else {
            held = null;
            blocks.get(handle.offset(), handle.length(), role, BlockReads.DEFAULT)
                    .release();
        }
    }

    long offset() {
        return handle.offset();
    }

    /** The block, to be given back by {@link #release}. */
    OffHeapBlock acquire(BlockReads reads) throws IOException {
        OffHeapBlock block = held;
        return block != null ? block : blocks.get(handle.offset(), handle.length(), role, reads);
    }

    void release(OffHeapBlock block) {
        if (block != held) {
            block.release();
        }
    }

    @Override
    public void close() {
        if (held != null) {
            held.release();
        }
    }
}
