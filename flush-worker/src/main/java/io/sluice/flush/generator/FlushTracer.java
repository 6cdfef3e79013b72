// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.store.flush.FlushResult;
import io.sluice.store.flush.JobId;
import io.sluice.transport.ConnectionPath;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Notes the steps of one job for its {@link FlushTrace}. Safe for concurrent use: job and engine have threads of their own. */
final class FlushTracer {
    private static final long NEVER = -1;

    private final JobId id;
    private final LongSupplier nanoClock;
    private final long startNanos;

    @GuardedBy("this")
    private int attempts;

    @GuardedBy("this")
    private String builder = "";

    @GuardedBy("this")
    private @Nullable FallbackReason localReason;

    @GuardedBy("this")
    private @Nullable String memnode;

    @GuardedBy("this")
    private @Nullable ConnectionPath shippedBy;

    @GuardedBy("this")
    private @Nullable String readBy;

    @GuardedBy("this")
    private long bytesShipped;

    @GuardedBy("this")
    private long placed = NEVER;

    @GuardedBy("this")
    private long shipped = NEVER;

    @GuardedBy("this")
    private long built = NEVER;

    FlushTracer(JobId id, LongSupplier nanoClock) {
        this.id = id;
        this.nanoClock = nanoClock;
        this.startNanos = nanoClock.getAsLong();
    }

    /** From the start of the job, ns. */
    long elapsed() {
        return nanoClock.getAsLong() - startNanos;
    }

    synchronized void attempt() {
        attempts++;
        placed = NEVER;
    }

    synchronized void placed() {
        placed = elapsed();
    }

    synchronized void shipped(String to, ConnectionPath by, long bytes) {
        memnode = to;
        shippedBy = by;
        bytesShipped = bytes;
        shipped = elapsed();
    }

    /** What was shipped is given back, before or after its use. */
    synchronized void localInstead(FallbackReason reason) {
        localReason = reason;
        memnode = null;
        shippedBy = null;
        bytesShipped = 0;
        placed = NEVER;
        shipped = NEVER;
    }

    synchronized void built(FlushResult result) {
        builder = localReason == null ? result.builder() : FlushTrace.LOCAL;
        readBy = localReason == null ? WorkerReads.transport(result) : null;
        built = elapsed();
    }

    synchronized FlushTrace settled(boolean installed) {
        return new FlushTrace(
                id,
                builder,
                installed,
                attempts,
                localReason,
                memnode,
                shippedBy,
                readBy,
                bytesShipped,
                placed,
                shipped,
                built,
                elapsed());
    }
}
