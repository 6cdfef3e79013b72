// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.RegionMemory;
import io.sluice.transport.RemoteRegion;
import java.util.concurrent.CompletableFuture;

/**
 * Memory that the peer may use. It holds a share in the memory from its creation until it was revoked and no frame uses
 * it; {@code uses} counts those frames, and is the agent's.
 */
final class Exposure {
    final RegionMemory memory;
    /** Where in the region it starts. */
    final int base;

    final RemoteRegion descriptor;
    final CompletableFuture<Void> gone = new CompletableFuture<>();
    private int uses;
    private boolean revoked;

    Exposure(RegionMemory memory, int base, RemoteRegion descriptor) {
        this.memory = memory;
        this.base = base;
        this.descriptor = descriptor;
    }

    boolean isRevoked() {
        return revoked;
    }

    void use() {
        uses++;
    }

    void endUse() {
        uses--;
        releaseIfUnused();
    }

    void revoke() {
        if (!revoked) {
            revoked = true;
            releaseIfUnused();
        }
    }

    private void releaseIfUnused() {
        if (revoked && uses == 0) {
            memory.release();
            gone.complete(null);
        }
    }
}
