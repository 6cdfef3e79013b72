// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.OperationHandler;
import io.sluice.transport.RegionMemory;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.TransportException;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A slot for one one-sided operation of this side, used again and again.
 *
 * <p>FREE → CLAIMED by an application thread, which fills it → SUBMITTED, the agent's → FREE, by whoever wins the change
 * from SUBMITTED: the agent when it ended, or the submitter that finds the connection gone. The winner releases the
 * memory and, unless it is the submitter, calls the handler: exactly once.
 */
final class Operation {
    private static final int FREE = 0;
    private static final int CLAIMED = 1;
    private static final int SUBMITTED = 2;

    final int slot;
    private final AtomicInteger state = new AtomicInteger(FREE);

    boolean isWrite;
    int localOffset;
    int length;
    long remoteOffset;
    long wireId;
    long startNs;
    /** Agent: bytes sent of a write, received of a read. */
    int progress;
    /** Agent: all of a write's bytes have left, or a read's request; no answer can be true before. */
    boolean sent;

    private long operationId;
    private @Nullable RegionMemory memory;
    private @Nullable RemoteRegion remote;
    private @Nullable OperationHandler handler;

    Operation(int slot) {
        this.slot = slot;
    }

    void claim(RegionMemory claimedMemory, RemoteRegion claimedRemote, long id, OperationHandler claimedHandler) {
        if (!state.compareAndSet(FREE, CLAIMED)) {
            throw new IllegalStateException("slot " + slot + " is in use");
        }
        memory = claimedMemory;
        remote = claimedRemote;
        operationId = id;
        handler = claimedHandler;
        progress = 0;
        sent = false;
    }

    void submitted() {
        state.set(SUBMITTED);
    }

    boolean isSubmitted() {
        return state.get() == SUBMITTED;
    }

    RegionMemory memory() {
        return Objects.requireNonNull(memory);
    }

    RemoteRegion remote() {
        return Objects.requireNonNull(remote);
    }

    /** The submitter takes it back; false where the agent has ended it. */
    boolean withdraw() {
        if (!state.compareAndSet(SUBMITTED, CLAIMED)) {
            return false;
        }
        abandon();
        return true;
    }

    /** The submitter gives up what it claimed. */
    void abandon() {
        RegionMemory held = memory();
        clear();
        held.release();
    }

    /** Ends it; false where it had ended. {@code freed} runs before the handler, which may submit again. */
    boolean end(@Nullable TransportException cause, OperationTable table) {
        if (!state.compareAndSet(SUBMITTED, CLAIMED)) {
            return false;
        }
        OperationHandler told = Objects.requireNonNull(handler);
        RegionMemory held = memory();
        long id = operationId;
        clear();
        held.release();
        table.giveBack(this);
        told.onComplete(id, cause);
        return true;
    }

    private void clear() {
        memory = null;
        remote = null;
        handler = null;
        state.set(FREE);
    }
}
