// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.NoOpIdleStrategy;
import org.agrona.concurrent.YieldingIdleStrategy;

/** What the agent's thread does when there is nothing to do. */
public enum IdleMode {
    /** Waits for the network, a submission or a deadline: no CPU while idle. The default. */
    BLOCKING,
    /** Spins, then yields, then parks for up to a millisecond. */
    BACKOFF,
    /** Yields the CPU to others and looks again: a core while idle. */
    YIELDING,
    /** Looks again at once: a core while idle, lowest latency. */
    BUSY_SPIN;

    /** A new strategy; for {@link #BLOCKING} one that does nothing, since the wait is in the poll. */
    public IdleStrategy newStrategy() {
        return switch (this) {
            // No pause when spinning: a look is long as it is, and where the processor is virtual a pause may leave it.
            case BLOCKING, BUSY_SPIN -> NoOpIdleStrategy.INSTANCE;
            case BACKOFF -> new BackoffIdleStrategy();
            case YIELDING -> YieldingIdleStrategy.INSTANCE;
        };
    }
}
