// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of an active connection: when this side must be heard of, when the peer has been silent for too long, and
 * when an operation takes too long. The agent's; it is told the time and keeps none.
 */
final class Liveness {
    private static final long NEVER = Long.MAX_VALUE;

    private final TransportContext context;
    private final long heartbeatNs;
    private final long peerTimeoutNs;
    private final long operationTimeoutNs;
    private long lastReceivedNs;
    private long lastSentNs;

    Liveness(TransportContext context) {
        this.context = context;
        this.heartbeatNs = context.heartbeatInterval().toNanos();
        this.peerTimeoutNs = context.peerTimeout().toNanos();
        this.operationTimeoutNs = context.operationTimeout().toNanos();
    }

    void received(long nowNs) {
        lastReceivedNs = nowNs;
    }

    void sent(long nowNs) {
        lastSentNs = nowNs;
    }

    /** Whether nothing was sent for so long that the peer must hear something. */
    boolean isHeartbeatDue(long nowNs) {
        return nowNs - heartbeatAtNs() >= 0;
    }

    long heartbeatAtNs() {
        return lastSentNs + heartbeatNs;
    }

    /** When an operation that starts now must have ended. */
    long operationDeadlineNs(long startNs) {
        return startNs + operationTimeoutNs;
    }

    /** What was missed, or null. */
    @Nullable
    TransportException missed(OperationTable operations, String peer, long nowNs) {
        if (nowNs - peerDeadAtNs() >= 0) {
            return new TransportException(
                    Kind.PEER_DEAD,
                    "transport.peer.silent",
                    "nothing heard from " + peer + " for " + context.peerTimeout());
        }
        long operationNs = oldestDeadlineNs(operations, nowNs);
        if (operationNs != NEVER && nowNs - operationNs >= 0) {
            return new TransportException(
                    Kind.TIMED_OUT,
                    "transport.operation.deadline",
                    "an operation of " + peer + " took more than " + context.operationTimeout());
        }
        return null;
    }

    /** When the next of them comes. */
    long nextNs(OperationTable operations, long nowNs) {
        return Agent.earlier(Agent.earlier(peerDeadAtNs(), heartbeatAtNs()), oldestDeadlineNs(operations, nowNs));
    }

    private long peerDeadAtNs() {
        return lastReceivedNs + peerTimeoutNs;
    }

    private long oldestDeadlineNs(OperationTable operations, long nowNs) {
        return operations.isIdle() ? NEVER : operationDeadlineNs(operations.oldestStartNs(nowNs));
    }
}
