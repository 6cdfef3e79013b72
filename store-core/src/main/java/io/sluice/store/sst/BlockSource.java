// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import java.io.IOException;

/** Where a table's blocks come from: its file, or a cache before it. Safe for concurrent use. */
public interface BlockSource extends AutoCloseable {
    /** The table's name, for messages. */
    String name();

    /**
     * A block, checked against its checksum and decompressed. Whoever gets it closes it.
     *
     * @throws io.sluice.store.base.StoreException {@code CORRUPTION} or {@code NOT_SUPPORTED}, naming file, offset,
     *     expected and found
     */
    BlockContents read(BlockHandle handle) throws IOException;

    @Override
    void close() throws IOException;
}
