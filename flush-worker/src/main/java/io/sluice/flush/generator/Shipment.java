// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import io.sluice.flush.protocol.Abort;
import io.sluice.flush.protocol.BlockTransfer;
import io.sluice.flush.protocol.FlushMessage.Allocate;
import io.sluice.flush.protocol.FlushMessage.Granted;
import io.sluice.store.base.Slice;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushJob;
import io.sluice.store.memory.MemoryBlock;
import io.sluice.store.memtable.SealedMemtable;
import io.sluice.transport.Connection;
import io.sluice.transport.Region;
import io.sluice.transport.RemoteRegion;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A job's memtables on a memnode: a grant for each, and the bytes in it once {@link #write} is done. Used by the job's
 * thread.
 */
final class Shipment {
    private final RandomGenerator ids;
    private final Memnodes memnodes;
    private final Memnodes.Choice memnode;
    private final List<Long> grants = new ArrayList<>();
    private boolean whole;

    Shipment(Memnodes memnodes, Memnodes.Choice memnode, RandomGenerator ids) {
        this.ids = ids;
        this.memnodes = memnodes;
        this.memnode = memnode;
    }

    /** Whether a job's memtables lie there and can be read by a worker of it. */
    boolean isWholeOn(Memnodes.Choice choice) {
        return whole && memnode.session() == choice.session();
    }

    /** The memnode where a job's memtables lie and can still be read; null where there is none. */
    Memnodes.@Nullable Choice memnode() {
        return whole && memnode.link().session() == memnode.session() ? memnode : null;
    }

    List<Long> grants() {
        return grants;
    }

    /**
     * Takes memory and writes all blocks into it.
     *
     * @return bytes written
     */
    long write(FlushJob job, Abort abort, int window, Duration callTimeout) throws IOException {
        List<Region> sources = new ArrayList<>();
        List<Integer> lengths = new ArrayList<>();
        List<RemoteRegion> targets = new ArrayList<>();
        for (SealedMemtable memtable : job.memtables()) {
            List<Integer> blockLengths = memtable.layout().blockLengths();
            long grantId = ids.nextLong();
            grants.add(grantId);
            Granted granted = abort.await(
                    memnode.session().endpoint().call(new Allocate(grantId, blockLengths), Granted.class, callTimeout));
            targets.addAll(targets(granted, blockLengths));
            lengths.addAll(blockLengths);
            for (MemoryBlock block : memtable.blocks()) {
                sources.add(((RegionMemoryPool.RegionBlock) block).region());
            }
        }
        Connection connection = memnode.session().endpoint().connection();
        abort.await(BlockTransfer.run(
                connection,
                sources.size(),
                window,
                (i, handler) -> connection.write(sources.get(i), 0, lengths.get(i), targets.get(i), 0, i, handler)));
        whole = true;
        return lengths.stream().mapToLong(Integer::longValue).sum();
    }

    private static List<RemoteRegion> targets(Granted granted, List<Integer> lengths) throws IOException {
        if (granted.regions().size() != lengths.size()) {
            throw nonsense(granted.regions().size() + " regions for " + lengths.size() + " blocks");
        }
        List<RemoteRegion> targets = new ArrayList<>();
        for (int i = 0; i < lengths.size(); i++) {
            Slice descriptor = granted.regions().get(i);
            RemoteRegion region = RemoteRegion.decode(descriptor.buffer(), 0);
            if (region.length() < lengths.get(i)) {
                throw nonsense("region of " + region.length() + " bytes for a block of " + lengths.get(i));
            }
            targets.add(region);
        }
        return targets;
    }

    private static StoreException nonsense(String found) {
        return new StoreException(
                StoreException.Kind.REMOTE, "flush.memnode.grant", "the memnode granted nonsense: " + found);
    }

    /** Gives the memory back. */
    void release() {
        grants.forEach(grant -> memnodes.release(memnode.link(), grant));
        grants.clear();
        whole = false;
    }
}
