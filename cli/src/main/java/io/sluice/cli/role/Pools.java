// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import io.sluice.cli.command.CommandFailure;
import io.sluice.config.ByteSize;
import io.sluice.transport.RegionPool;
import io.sluice.transport.TransportException;

/** The roles' off-heap memory. */
final class Pools {
    /** Memtables grow by so much; all roles use the same, since shipped memtables keep their chunks. */
    static final int CHUNK_LENGTH = 1 << 20;

    private Pools() {}

    /** Takes so many bytes from the system. */
    static RegionPool regions(long bytes) throws CommandFailure {
        return regions(bytes, 1);
    }

    /** As {@link #regions(long)}, in equal parts. */
    static RegionPool regions(long bytes, int parts) throws CommandFailure {
        try {
            return new RegionPool(CHUNK_LENGTH, bytes, parts);
        } catch (TransportException e) {
            throw new CommandFailure(
                    "can't get " + ByteSize.approximate((double) bytes) + " of off-heap memory: " + e.getMessage(), e);
        }
    }
}
