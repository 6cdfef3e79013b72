// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import io.sluice.store.flush.JobId;
import io.sluice.store.memtable.SealedLayout;
import io.sluice.store.sst.TableIdentity;
import io.sluice.store.sst.TableOptions;
import java.util.List;

/**
 * One attempt at a flush job, as the worker gets it: everything that decides the SST, by value. A worker reads no
 * manifest and asks nobody.
 *
 * @param token proves to the generator that the worker was given this attempt
 * @param id whose job it is
 * @param attempt counts from 1 within the job
 * @param memtables the layouts, oldest first
 * @param snapshots sequence numbers that readers hold, ascending
 * @param fileNumber the number that the generator gave the SST
 * @param epochNumber the file's place among the column family's L0 files
 * @param tableOptions the bytes' options; the comparator travels by name
 * @param identity for the properties; the worker puts its own host and builder
 * @param storageUri the store's directory
 * @param attemptDirectory where to write, relative to it; exists
 * @param callback {@code host:port} of the generator's listener
 */
public record FlushTask(
        AttemptToken token,
        JobId id,
        int attempt,
        List<SealedLayout> memtables,
        List<Long> snapshots,
        long fileNumber,
        long epochNumber,
        TableOptions tableOptions,
        TableIdentity identity,
        String storageUri,
        String attemptDirectory,
        String callback) {
    /** Bytes of all blocks. */
    public long length() {
        long length = 0;
        for (SealedLayout memtable : memtables) {
            length += memtable.totalLength();
        }
        return length;
    }

    /** The lengths of all blocks, in the memtables' order. */
    public List<Integer> blockLengths() {
        return memtables.stream()
                .flatMap(memtable -> memtable.blockLengths().stream())
                .toList();
    }

    /** The SST's name within the storage. */
    public String sstName() {
        return attemptDirectory + String.format("/%06d.sst", fileNumber);
    }
}
