// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.TransportException;
import java.util.concurrent.atomic.AtomicLong;
import org.jctools.queues.varhandle.MpmcVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The operations of this side that may be under way: their number is the bound. Safe for concurrent use. */
final class OperationTable {
    private static final Logger LOG = LoggerFactory.getLogger(OperationTable.class);

    private final Operation[] slots;
    private final MpmcVarHandleArrayQueue<Operation> free;
    private final AtomicLong nextRound = new AtomicLong(1);

    OperationTable(int count) {
        slots = new Operation[count];
        free = new MpmcVarHandleArrayQueue<>(Math.max(2, count));
        for (int i = 0; i < count; i++) {
            slots[i] = new Operation(i);
            free.offer(slots[i]);
        }
    }

    /** A free slot that is the caller's, or null. */
    @Nullable
    Operation take() {
        return free.poll();
    }

    void giveBack(Operation operation) {
        free.offer(operation);
    }

    /** An id for the wire from which the slot is found, and that is not used twice. */
    long newWireId(Operation operation) {
        return nextRound.getAndIncrement() * slots.length + operation.slot;
    }

    Operation slot(int index) {
        return slots[index];
    }

    /** The operation under way with that id, or null. */
    @Nullable
    Operation find(long wireId) {
        Operation operation = slots[(int) Long.remainderUnsigned(wireId, slots.length)];
        return operation.isSubmitted() && operation.wireId == wireId ? operation : null;
    }

    /** Agent: whether one that was sent, and has not ended, is on a region. */
    boolean uses(long regionId) {
        for (Operation operation : slots) {
            if (operation.isSubmitted() && operation.sent && operation.remote().regionId() == regionId) {
                return true;
            }
        }
        return false;
    }

    int free() {
        return free.size();
    }

    boolean isIdle() {
        return free.size() == slots.length;
    }

    /** When the oldest operation under way was submitted; {@code nowNs} where there is none. */
    long oldestStartNs(long nowNs) {
        long oldest = nowNs;
        for (Operation operation : slots) {
            if (operation.isSubmitted() && operation.startNs - oldest < 0) {
                oldest = operation.startNs;
            }
        }
        return oldest;
    }

    void end(Operation operation, @Nullable TransportException cause) {
        try {
            operation.end(cause, this);
        } catch (RuntimeException | Error e) {
            LOG.warn("handler of an operation threw", e);
        }
    }

    void endAll(TransportException cause) {
        for (Operation operation : slots) {
            end(operation, cause);
        }
    }
}
