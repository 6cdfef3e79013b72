// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

/** Where a connection is in its life. Each state but {@link #ACTIVE} and the last two has a deadline. */
public enum ConnectionState {
    /** Being dialled or just accepted. */
    NEW,
    /** Both sides agree on a version and limits, and prove who they are. */
    NEGOTIATING,
    /** Open. */
    ACTIVE,
    /** What was submitted is being finished; nothing new is taken. */
    DRAINING,
    /** Closed in order by either side. */
    CLOSED,
    /** Broken: see {@link Connection#failure()}. */
    FAILED;

    /** True for {@link #CLOSED} and {@link #FAILED}. */
    public boolean isTerminal() {
        return this == CLOSED || this == FAILED;
    }
}
