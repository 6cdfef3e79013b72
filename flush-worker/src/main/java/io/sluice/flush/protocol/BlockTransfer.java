// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.transport.Connection;
import io.sluice.transport.OperationHandler;
import io.sluice.transport.TransportException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A run of one-sided operations on a connection, a few in flight at a time. Completes when the last has ended; after a
 * failure no further one begins, nor after the future was cancelled.
 *
 * <p>Invariant: {@code next} operations were accepted, {@code inFlight} of them have not ended.
 */
public final class BlockTransfer {
    private final Connection connection;
    private final int count;
    private final int window;
    private final Operation operation;
    private final CompletableFuture<Void> done = new CompletableFuture<>();

    @GuardedBy("this")
    private int next;

    @GuardedBy("this")
    private int inFlight;

    @GuardedBy("this")
    private boolean pumping;

    @GuardedBy("this")
    private @Nullable TransportException failure;

    /** Submits one operation. */
    @FunctionalInterface
    public interface Operation {
        /** As {@link Connection#write} and {@link Connection#read} return. */
        long submit(int index, OperationHandler handler);
    }

    private BlockTransfer(Connection connection, int count, int window, Operation operation) {
        this.connection = connection;
        this.count = count;
        this.window = window;
        this.operation = operation;
    }

    /**
     * Runs operations 0 to {@code count - 1}.
     *
     * @param window most in flight at a time
     * @return completes on the transport's agent; exceptionally with a {@link TransportException}. Cancelling it stops the
     *     run; operations in flight end by themselves
     */
    public static CompletableFuture<Void> run(Connection connection, int count, int window, Operation operation) {
        BlockTransfer transfer = new BlockTransfer(connection, count, window, operation);
        transfer.pump();
        return transfer.done;
    }

    private void pump() {
        boolean ended;
        synchronized (this) {
            if (pumping) {
                return; // an operation ended while it was being submitted
            }
            pumping = true;
            submitSome();
            pumping = false;
            ended = inFlight == 0 && (failure != null || next == count);
        }
        if (ended) {
            finish();
        }
    }

    @GuardedBy("this")
    private void submitSome() {
        while (failure == null && !done.isDone() && next < count && inFlight < window) {
            int index = next;
            next++;
            inFlight++;
            long position;
            try {
                position = operation.submit(index, (id, cause) -> onEnd(cause));
            } catch (RuntimeException e) { // such as a region that the peer described wrongly: nothing was submitted
                next--;
                inFlight--;
                failure = failed(index, TransportException.Kind.PROTOCOL, "it was refused here: " + e, e);
                return;
            }
            if (position >= 0) {
                continue;
            }
            next--;
            inFlight--;
            if (position == Connection.BACK_PRESSURED) {
                connection.whenWritable(this::pump);
                return;
            }
            failure = position == Connection.STALE_REGION
                    ? failed(index, TransportException.Kind.REVOKED, "it belongs to an earlier connection", null)
                    : failed(index, TransportException.Kind.CLOSED, "the connection has ended", null);
        }
    }

    private TransportException failed(int index, TransportException.Kind kind, String why, @Nullable Throwable cause) {
        return new TransportException(
                kind,
                "flush.transfer",
                "block " + index + " of " + count + ", connection to " + connection.peer() + ": " + why,
                cause);
    }

    private void onEnd(@Nullable TransportException cause) {
        synchronized (this) {
            inFlight--;
            if (cause != null && failure == null) {
                failure = cause;
            }
        }
        pump();
    }

    private void finish() {
        TransportException cause;
        synchronized (this) {
            cause = failure;
        }
        if (cause == null) {
            done.complete(null);
        } else {
            done.completeExceptionally(cause);
        }
    }
}
