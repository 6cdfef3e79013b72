// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.RemoteRegion;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.wire.FrameType;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongArrayList;

/**
 * How exposures end where hardware can't be asked to check each one: the owner says REVOKE, the peer uses the region no
 * more and answers FORGOTTEN when none of its operations does; only then the memory is free. The agent's.
 *
 * <p>A region's id is a slot and, above it, a number that grows: the peer remembers one number for each slot, and so what
 * it was told for ever, in bounded memory.
 */
final class Revocations {
    /** Bits of an id for its slot. */
    static final int SLOT_BITS = 24;

    /** Slots that there may be, and so regions exposed at a time: what a peer remembers is bounded by it. */
    static final int MAX_SLOTS = 1 << 20;

    private static final long SLOT_MASK = (1L << SLOT_BITS) - 1;

    private final Session session;
    /** Of this side, told to the peer and not answered. */
    private final Long2ObjectHashMap<Exposure> waiting = new Long2ObjectHashMap<>();
    /** Of the peer: the latest id revoked in each slot. */
    private final Long2LongHashMap revoked = new Long2LongHashMap(-1);
    /** Of the peer, not answered: an operation uses them. */
    private final LongArrayList toAnswer = new LongArrayList();

    Revocations(Session session) {
        this.session = session;
    }

    static long id(int slot, long number) {
        return (number << SLOT_BITS) | slot;
    }

    static int slotOf(long id) {
        return (int) (id & SLOT_MASK);
    }

    // The owner.

    /** Tells the peer; the exposure is out of its table and counts as used until the answer. */
    void revoke(Exposure exposure) {
        exposure.use();
        long id = exposure.descriptor.regionId();
        waiting.put(id, exposure);
        session.wire().outbound().control(new Handshake.Reply(FrameType.REVOKE, id, new byte[0]));
    }

    void onForgotten(long id) throws TransportException {
        Exposure exposure = waiting.remove(id);
        if (exposure == null) {
            throw new TransportException(
                    Kind.PROTOCOL, "transport.revoke.unknown", "peer answered the revocation of region " + id);
        }
        session.active().exposures().forget(id);
        exposure.endUse();
    }

    /** When the peer has forgotten one that was revoked. */
    CompletableFuture<Void> gone(RemoteRegion exposed) {
        Exposure exposure = waiting.get(exposed.regionId());
        return exposure == null ? CompletableFuture.completedFuture(null) : exposure.gone;
    }

    void takeWaiting(List<Exposure> into) {
        into.addAll(waiting.values());
        waiting.clear();
    }

    // The user.

    boolean isRevoked(long id) {
        return id <= revoked.get(id & SLOT_MASK);
    }

    void onRevoke(long id) throws TransportException {
        if (slotOf(id) >= MAX_SLOTS || session.wire().outbound().forgottenWaiting() >= MAX_SLOTS) {
            throw new TransportException(
                    Kind.PROTOCOL,
                    "transport.revoke.limit",
                    "peer revoked region " + id + ", in slot " + slotOf(id) + ", or more regions than it can have: "
                            + MAX_SLOTS);
        }
        if (id < 0 || isRevoked(id)) {
            throw new TransportException(
                    Kind.PROTOCOL, "transport.revoke.unknown", "peer revoked region " + id + ", and had before");
        }
        revoked.put(id & SLOT_MASK, id);
        if (!answer(id)) {
            toAnswer.addLong(id);
        }
    }

    private boolean answer(long id) {
        if (session.active().operations().uses(id)) {
            return false;
        }
        session.wire().outbound().forgotten(id);
        return true;
    }

    void onOperationEnd() {
        for (int i = toAnswer.size() - 1; i >= 0; i--) {
            if (answer(toAnswer.getLong(i))) {
                toAnswer.fastUnorderedRemove(i);
            }
        }
    }
}
