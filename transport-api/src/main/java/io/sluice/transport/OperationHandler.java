// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import org.jspecify.annotations.Nullable;

/** Told once of the end of each one-sided operation that was accepted. */
@FunctionalInterface
public interface OperationHandler {
    /**
     * The operation ended; runs on the transport's agent. The bytes of a read are in the local region; those of a write
     * are in the remote one, acknowledged by its owner.
     *
     * @param operationId what the submitter gave
     * @param cause null where it succeeded; else why not, and then nothing is known of how much was transferred
     */
    void onComplete(long operationId, @Nullable TransportException cause);
}
