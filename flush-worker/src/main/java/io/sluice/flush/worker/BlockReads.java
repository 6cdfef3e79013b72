// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.worker;

import io.sluice.flush.protocol.Abort;
import io.sluice.flush.protocol.BlockTransfer;
import io.sluice.flush.protocol.FailureCodes;
import io.sluice.store.base.StoreException;
import io.sluice.transport.Connection;
import io.sluice.transport.Region;
import io.sluice.transport.RemoteRegion;
import java.io.IOException;
import java.util.List;

/**
 * The one-sided reads of a job's blocks from a memnode. A failure is told as the memnode's, by {@link
 * FailureCodes#MEMNODE_LOST}.
 *
 * @param sources every block, in order
 * @param memory as many regions, each long enough; the transport keeps what a read in flight needs
 * @param lengths as many lengths in bytes
 */
record BlockReads(Connection memnode, List<RemoteRegion> sources, List<Region> memory, List<Integer> lengths) {
    /**
     * Reads all blocks.
     *
     * @param window reads in flight at a time
     * @param abort ends it early: no further read begins then
     * @throws IOException the cause of the abort, or {@link FailureCodes#MEMNODE_LOST}
     */
    void run(int window, Abort abort) throws IOException {
        try {
            abort.await(BlockTransfer.run(
                    memnode,
                    sources.size(),
                    window,
                    (i, handler) -> memnode.read(sources.get(i), 0, memory.get(i), 0, lengths.get(i), i, handler)));
        } catch (IOException e) {
            abort.check();
            throw new StoreException(
                    StoreException.Kind.REMOTE,
                    FailureCodes.MEMNODE_LOST,
                    "reading from memnode " + memnode.peer() + " failed: " + e.getMessage(),
                    e);
        }
    }
}
