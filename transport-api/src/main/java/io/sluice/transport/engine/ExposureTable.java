// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.transport.Access;
import io.sluice.transport.PeerClass;
import io.sluice.transport.Region;
import io.sluice.transport.RegionMemory;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.IntArrayList;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What one connection's peer may use. Ids grow by one; an id below the next one that is not in the table was revoked,
 * and may honestly still be used by a peer that has not heard; one above was never given out. Safe for concurrent use.
 */
final class ExposureTable {
    private final long epoch;
    private final int max;
    private final SecureRandom random;
    /** Of the peer, on a path. */
    private final @Nullable PeerClass given;

    @GuardedBy("this")
    private final Long2ObjectHashMap<Exposure> exposures = new Long2ObjectHashMap<>();

    @GuardedBy("this")
    private long nextId = 1;

    @GuardedBy("this")
    private boolean closed;

    /** On a path: slots of ids that were used and are free again. */
    @GuardedBy("this")
    private final IntArrayList freeSlots = new IntArrayList();

    /** On a path: how many slots were ever used; those not free belong to an exposure, or to a revocation under way. */
    @GuardedBy("this")
    private int usedSlots;

    ExposureTable(long epoch, int max, SecureRandom random, @Nullable PeerClass given) {
        this.epoch = epoch;
        this.max = given != null ? Math.min(max, Revocations.MAX_SLOTS) : max;
        this.random = random;
        this.given = given;
    }

    RemoteRegion add(Region region, int offset, int length, Access access) throws TransportException {
        if (length < 1) {
            throw new IllegalArgumentException("length=" + length + ", expected at least 1");
        }
        byte[] key = new byte[2 * Long.BYTES];
        random.nextBytes(key);
        synchronized (this) {
            if (closed) {
                throw new TransportException(
                        Kind.CLOSED, "transport.expose.closed", "can't expose a region: the connection has ended");
            }
            PeerClass onPath = given;
            if ((onPath != null ? usedSlots - freeSlots.size() : exposures.size()) >= max) {
                throw new TransportException(
                        Kind.BUSY, "transport.expose.limit", max + " regions are exposed: revoke some first");
            }
            RegionMemory memory = region.retainMemory();
            long number = nextId++;
            long id = onPath != null ? Revocations.id(takeSlot(), number) : number;
            RemoteRegion descriptor = onPath != null
                    ? new RemoteRegion(
                            id,
                            epoch,
                            length,
                            access,
                            PathData.keyHigh(onPath, memory),
                            PathData.keyLow(memory, offset))
                    : new RemoteRegion(id, epoch, length, access, longOf(key, 0), longOf(key, Long.BYTES));
            exposures.put(id, new Exposure(memory, offset, descriptor));
            return descriptor;
        }
    }

    @GuardedBy("this")
    private int takeSlot() {
        return freeSlots.isEmpty() ? usedSlots++ : freeSlots.popInt();
    }

    /** On a path: the peer has forgotten what was removed. */
    synchronized void forget(long id) {
        freeSlots.addInt(Revocations.slotOf(id));
    }

    private static long longOf(byte[] bytes, int from) {
        long value = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            value = (value << 8) | (bytes[from + i] & 0xFF);
        }
        return value;
    }

    /** Takes an exposure out; null where it is gone. */
    synchronized @Nullable Exposure remove(RemoteRegion descriptor) {
        Exposure exposure = exposures.get(descriptor.regionId());
        if (exposure == null || !exposure.descriptor.equals(descriptor)) {
            return null;
        }
        return exposures.remove(descriptor.regionId());
    }

    /**
     * What a peer addressed.
     *
     * @return null where it was revoked
     * @throws TransportException {@code ACCESS_DENIED} where the peer may not do that
     */
    @Nullable
    Exposure check(long id, long theirEpoch, long keyHigh, long keyLow, long offset, long length, Access access)
            throws TransportException {
        Exposure exposure;
        synchronized (this) {
            exposure = exposures.get(id);
            if (exposure == null && (id < 1 || id >= nextId)) {
                throw denied("transport.region.unknown", "region " + id + ": never exposed on this connection");
            }
        }
        if (theirEpoch != epoch) {
            throw denied("transport.region.epoch", "region " + id + ": epoch " + theirEpoch + ", expected " + epoch);
        }
        if (exposure == null) {
            return null;
        }
        RemoteRegion region = exposure.descriptor;
        if (((keyHigh ^ region.keyHigh()) | (keyLow ^ region.keyLow())) != 0) {
            throw denied("transport.region.key", "region " + id + ": wrong key");
        }
        if (!region.access().allows(access)) {
            throw denied("transport.region.access", "region " + id + ": " + access + " not among " + region.access());
        }
        if (offset < 0 || length < 0 || offset > region.length() || length > region.length() - offset) {
            throw denied(
                    "transport.region.bounds",
                    "region " + id + ": offset=" + offset + " length=" + length + " is beyond " + region.length());
        }
        return exposure;
    }

    private static TransportException denied(String code, String message) {
        return new TransportException(Kind.ACCESS_DENIED, code, "peer addressed " + message);
    }

    /** Refuses new ones and takes all out. */
    synchronized List<Exposure> close() {
        closed = true;
        List<Exposure> all = new ArrayList<>(exposures.values());
        exposures.clear();
        return all;
    }
}
