// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.Access;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.OperationHandler;
import io.sluice.transport.PeerClass;
import io.sluice.transport.Region;
import io.sluice.transport.RegionMemory;
import io.sluice.transport.RegionPool;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.engine.Waiters.Want;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.jspecify.annotations.Nullable;

/**
 * How one-sided operations of this side are submitted: checked, given a slot and a share in their memory, and put into
 * the connection's ring as the slot's number. Safe for concurrent use.
 */
final class OneSided {
    private final EngineConnection connection;
    private final Session session;
    private final OperationTable operations;
    /** The peer's, on a path. */
    private final @Nullable PeerClass given;

    private final @Nullable RegionPool pool;
    private final long peerEpoch;
    private final Waiters waiters;

    OneSided(
            EngineConnection connection,
            Session session,
            OperationTable operations,
            Waiters waiters,
            @Nullable PeerClass given,
            @Nullable RegionPool pool,
            long peerEpoch) {
        this.connection = connection;
        this.session = session;
        this.operations = operations;
        this.waiters = waiters;
        this.given = given;
        this.pool = pool;
        this.peerEpoch = peerEpoch;
    }

    long write(
            Region source,
            int sourceOffset,
            int length,
            RemoteRegion target,
            long targetOffset,
            long operationId,
            OperationHandler handler) {
        checkRemote(target, targetOffset, length, Access.WRITE);
        return submit(true, source, sourceOffset, length, target, targetOffset, operationId, handler);
    }

    long read(
            RemoteRegion source,
            long sourceOffset,
            Region target,
            int targetOffset,
            int length,
            long operationId,
            OperationHandler handler) {
        checkRemote(source, sourceOffset, length, Access.READ);
        return submit(false, target, targetOffset, length, source, sourceOffset, operationId, handler);
    }

    private static void checkRemote(RemoteRegion remote, long offset, int length, Access access) {
        if (!remote.access().allows(access)) {
            throw new IllegalArgumentException(remote + " does not allow " + access);
        }
        if (offset < 0 || length < 0 || offset > remote.length() - length) {
            throw new IllegalArgumentException("offset=" + offset + " length=" + length + " is beyond " + remote);
        }
    }

    /** Takes a share in a range's memory. */
    RegionMemory retain(Region region, int offset, int length) {
        if (offset < 0 || length < 0 || offset > region.length() - length) {
            throw new IllegalArgumentException("offset=" + offset + " length=" + length + " is beyond " + region);
        }
        RegionMemory memory = region.retainMemory();
        if (memory.pool() != pool) {
            memory.release();
            throw new IllegalArgumentException("the region is not of the transport's pool");
        }
        if (given != null && !given.has(memory.part())) {
            int part = memory.part();
            memory.release();
            throw new IllegalArgumentException(
                    "the region is of part " + part + " of the pool, and the peer is of those with " + given);
        }
        return memory;
    }

    private long submit(
            boolean isWrite,
            Region local,
            int localOffset,
            int length,
            RemoteRegion remote,
            long remoteOffset,
            long operationId,
            OperationHandler handler) {
        RegionMemory memory = retain(local, localOffset, length);
        Operation operation = operations.take();
        long refusal = refusal(operation, remote);
        if (operation == null || refusal < 0) {
            memory.release();
            if (operation != null) {
                operations.giveBack(operation);
                session.schedule();
            }
            return refusal;
        }
        operation.claim(memory, remote, operationId, handler);
        operation.isWrite = isWrite;
        operation.localOffset = localOffset;
        operation.length = length;
        operation.remoteOffset = remoteOffset;
        operation.startNs = connection.nanoClock().getAsLong();
        long wireId = operations.newWireId(operation);
        operation.wireId = wireId;
        return enqueue(operation, wireId);
    }

    /** Why not, or 0. The state is looked at after a slot was taken, see {@link EngineConnection#isIdle}. */
    private long refusal(@Nullable Operation slot, RemoteRegion remote) {
        if (connection.state() != ConnectionState.ACTIVE) {
            return Connection.CLOSED;
        }
        if (remote.epoch() != peerEpoch) {
            return Connection.STALE_REGION;
        }
        if (slot == null) {
            waiters.refused(Want.OPERATION);
            return Connection.BACK_PRESSURED;
        }
        return 0;
    }

    private long enqueue(Operation operation, long wireId) {
        ManyToOneRingBuffer ring = connection.submissions();
        int index = ring.tryClaim(EngineConnection.OPERATION, Integer.BYTES);
        if (index < 0) {
            operation.abandon();
            operations.giveBack(operation);
            waiters.refused(Want.OPERATION);
            session.schedule();
            return Connection.BACK_PRESSURED;
        }
        ring.buffer().putInt(index, operation.slot);
        operation.submitted();
        ring.commit(index);
        if (connection.state().isTerminal() && operation.withdraw()) {
            operations.giveBack(operation);
            return Connection.CLOSED;
        }
        session.schedule();
        return wireId;
    }
}
