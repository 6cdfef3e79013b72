// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import io.sluice.flush.protocol.AttemptToken;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.flush.protocol.MessageEndpoint.Reply;
import io.sluice.flush.protocol.RefusalReason;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.FlushResult;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Where one attempt's outcome arrives. Open before the job is submitted, so that a fast worker finds it; it lets in the
 * worker that the memnode says it assigned, and no other. Safe for concurrent use.
 */
final class AttemptChannel {
    private final AttemptToken token;
    private final CompletableFuture<String> assigned = new CompletableFuture<>();
    private final CompletableFuture<FlushResult> outcome = new CompletableFuture<>();
    private final AtomicReference<@Nullable MessageEndpoint> builder = new AtomicReference<>();

    AttemptChannel(AttemptToken token) {
        this.token = token;
    }

    AttemptToken token() {
        return token;
    }

    /** Completes with the worker's result, or with its error, or with {@code flush.worker.lost}. */
    CompletableFuture<FlushResult> outcome() {
        return outcome;
    }

    /** The memnode has told who has the job. */
    void assign(String workerId) {
        assigned.complete(workerId);
    }

    /** Nobody is let in any more. */
    void close() {
        assigned.complete("");
    }

    /**
     * A worker shows the token: it may begin where it is the assigned one, which may not be known yet, and the first; from
     * then on the token is good on its connection only.
     */
    void onStarted(String workerId, MessageEndpoint from, Reply reply) {
        var unused = assigned.thenAccept(expected -> {
            if (!expected.equals(workerId)) {
                reply.refuse(RefusalReason.UNKNOWN, "the attempt is not " + workerId + "'s");
                return;
            }
            if (!builder.compareAndSet(null, from)) {
                reply.refuse(RefusalReason.UNKNOWN, "the attempt was begun before");
                return;
            }
            var unusedEnd = from.connection().closed().thenRun(() -> lost("it closed its connection"));
            reply.send(new Ack());
        });
    }

    /** Whether the attempt was begun on that connection. */
    boolean isBuiltBy(MessageEndpoint from) {
        return builder.get() == from;
    }

    void lost(String why) {
        outcome.completeExceptionally(
                new StoreException(StoreException.Kind.REMOTE, "flush.worker.lost", "the worker is lost: " + why));
    }

    void fail(StoreException error) {
        outcome.completeExceptionally(error);
    }

    void complete(FlushResult result) {
        outcome.complete(result);
    }
}
