// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of an active connection: when this side must be heard of, when the peer has been silent for too long, and
 * when an operation, or the end of an exposure, takes too long. The agent's; it is told the time and keeps none.
 */
final class Liveness {
    private static final long NEVER = Long.MAX_VALUE;

    private final TransportContext context;
    private final long heartbeatNs;
    private final long peerTimeoutNs;
    private final long operationTimeoutNs;
    /** Exposures that were revoked and are still in use, and until when that may be; in that order. */
    private final ArrayDeque<OpenRevocation> revocations = new ArrayDeque<>();

    private long lastReceivedNs;
    private long lastSentNs;

    private record OpenRevocation(Exposure exposure, long deadlineNs) {}

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

    /**
     * An exposure was revoked. A peer that takes no answer to its read, or does not end what it writes, must not keep the
     * memory for as long as it likes.
     *
     * @return when it must have ended
     */
    long revoking(Exposure exposure, long nowNs) {
        long deadlineNs = nowNs + operationTimeoutNs;
        if (!exposure.gone.isDone()) {
            revocations.add(new OpenRevocation(exposure, deadlineNs));
        }
        return deadlineNs;
    }

    private long revocationDeadlineNs() {
        OpenRevocation first;
        while ((first = revocations.peek()) != null && first.exposure.gone.isDone()) {
            revocations.remove();
        }
        return first == null ? NEVER : first.deadlineNs;
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
        long revocationNs = revocationDeadlineNs();
        if (revocationNs != NEVER && nowNs - revocationNs >= 0) {
            return new TransportException(
                    Kind.TIMED_OUT,
                    "transport.revoke.deadline",
                    peer + " still used a region " + context.operationTimeout() + " after it was revoked");
        }
        return null;
    }

    /** When the next of them comes. */
    long nextNs(OperationTable operations, long nowNs) {
        long own = Agent.earlier(peerDeadAtNs(), heartbeatAtNs());
        return Agent.earlier(own, Agent.earlier(oldestDeadlineNs(operations, nowNs), revocationDeadlineNs()));
    }

    private long peerDeadAtNs() {
        return lastReceivedNs + peerTimeoutNs;
    }

    private long oldestDeadlineNs(OperationTable operations, long nowNs) {
        return operations.isIdle() ? NEVER : operationDeadlineNs(operations.oldestStartNs(nowNs));
    }
}
