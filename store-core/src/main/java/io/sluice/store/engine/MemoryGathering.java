// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.memory.MemoryPool;
import io.sluice.store.memtable.EntryReserve;
import java.util.List;

/**
 * Takes the memory of a large batch where the pool has too little: block by block as they come back, keeping what it has.
 * One batch at a time does so, or several would keep from each other what each lacks. Safe for concurrent use.
 */
final class MemoryGathering {
    private final MemoryPool pool;
    private final MemoryWait memory;
    private final Runnable reliever;

    /** {@code reliever} seals and flushes something; it returns at once. */
    MemoryGathering(MemoryPool pool, MemoryWait memory, Runnable reliever) {
        this.pool = pool;
        this.memory = memory;
        this.reliever = reliever;
    }

    /** Bytes that the reserves take in whole chunks; throws where the pool can never have so many. */
    long checkedLength(List<EntryReserve> reserves) throws StoreException {
        long length = 0;
        for (EntryReserve reserve : reserves) {
            length += reserve.plannedLength();
        }
        if (length > pool.capacity()) {
            throw tooLarge(length);
        }
        return length;
    }

    /** Waits until the reserves have all that they planned. Where it fails they may have a part. */
    void run(List<EntryReserve> reserves) throws StoreException {
        memory.beginGathering();
        try {
            while (!tryAcquire(reserves)) {
                long ticket = memory.register();
                if (tryAcquire(reserves)) {
                    return;
                }
                if (isAlone(reserves) && repack(reserves)) {
                    return;
                }
                memory.await(ticket, reliever);
            }
        } finally {
            memory.endGathering();
        }
    }

    /** Nobody else has any memory: what the reserves have may lie so that the rest finds no place in one piece. */
    private boolean repack(List<EntryReserve> reserves) throws StoreException {
        reserves.forEach(EntryReserve::release);
        if (tryAcquire(reserves)) {
            return true;
        }
        if (isAlone(reserves)) {
            throw tooLarge(checkedLength(reserves));
        }
        return false;
    }

    private boolean isAlone(List<EntryReserve> reserves) {
        long held = 0;
        for (EntryReserve reserve : reserves) {
            held += reserve.heldLength();
        }
        return held == pool.inUse();
    }

    private static boolean tryAcquire(List<EntryReserve> reserves) {
        for (EntryReserve reserve : reserves) {
            if (!reserve.tryAcquire()) {
                return false;
            }
        }
        return true;
    }

    private StoreException tooLarge(long length) {
        return StoreException.invalid(
                "write.batch.too-large",
                "a batch takes " + length + " bytes of memtables at once, in chunks of " + pool.chunkLength()
                        + " for each column family, and db_write_buffer_size is " + pool.capacity()
                        + ": write smaller batches");
    }
}
