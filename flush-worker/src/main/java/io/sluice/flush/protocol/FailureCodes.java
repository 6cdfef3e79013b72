// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

/**
 * Codes of a {@link FlushMessage.AttemptFailed} that mean more to a generator than their text. Any other code is an error
 * of the worker's own.
 */
public final class FailureCodes {
    /** The worker could not read from the memnode, which died, hangs, or took the memory back: not the worker's failure. */
    public static final String MEMNODE_LOST = "flush.memnode.lost";

    private FailureCodes() {}
}
