// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.compaction.document.Document;
import io.sluice.compaction.document.Documents;
import io.sluice.compaction.document.ErrorDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.Progress;
import io.sluice.compaction.document.Submitted;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Asks workers over HTTP, by the documents of {@code docs/protocol-compaction.md}. */
final class HttpWorkerClient implements WorkerClient {
    /** Above what a worker holds a wait, so that it is the worker that ends it. */
    private static final Duration WAIT = Duration.ofSeconds(40);

    private static final int BUSY = 503;

    private final HttpClient http;
    private final @Nullable String authorization;

    /**
     * A client.
     *
     * @param secret that workers ask for, or null
     */
    HttpWorkerClient(HttpClient http, @Nullable String secret) {
        this.http = http;
        this.authorization = secret == null ? null : "Bearer " + secret;
    }

    @Override
    public CompletableFuture<Submitted> submit(RemoteWorker worker, JobDocument job, Duration timeout) {
        BodyPublisher body;
        try {
            body = BodyPublishers.ofByteArray(Documents.write(job));
        } catch (StoreException e) {
            return CompletableFuture.failedFuture(new AttemptException(FallbackReason.JOB_ERROR, e));
        }
        HttpRequest request = request(worker.url(), timeout).POST(body).build();
        return answer(request, worker, Submitted.class, true);
    }

    @Override
    public CompletableFuture<Progress> await(RemoteWorker worker, String token, int seen) {
        return answer(
                request(worker.request("/wait?token=" + token + "&seen=" + seen), WAIT)
                        .build(),
                worker,
                Progress.class,
                false);
    }

    @Override
    public CompletableFuture<Progress> probe(RemoteWorker worker, String token, int seen, Duration timeout) {
        return answer(
                request(worker.request("/probe?token=" + token + "&seen=" + seen), timeout)
                        .build(),
                worker,
                Progress.class,
                false);
    }

    @Override
    public CompletableFuture<Void> shutdown(RemoteWorker worker, String token, Duration timeout) {
        HttpRequest request = request(worker.request("/shutdown?token=" + token), timeout)
                .POST(BodyPublishers.noBody())
                .build();
        return http.sendAsync(request, info -> new BoundedBody(Documents.MAX_LENGTH))
                .thenAccept(response -> {});
    }

    private HttpRequest.Builder request(URI uri, Duration timeout) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .timeout(timeout)
                .header("Accept", Documents.MEDIA_TYPE)
                .header("Content-Type", Documents.MEDIA_TYPE);
        return authorization == null ? request : request.header("Authorization", authorization);
    }

    /**
     * Sends a request.
     *
     * @param again whether it is sent once more where its connection breaks, which may have been kept too long; a worker
     *     answers what comes twice as it did before
     */
    private <T extends Document> CompletableFuture<T> answer(
            HttpRequest request, RemoteWorker worker, Class<T> type, boolean again) {
        CompletableFuture<HttpResponse<byte[]>> sent =
                http.sendAsync(request, info -> new BoundedBody(Documents.MAX_LENGTH));
        CompletableFuture<T> answer = new CompletableFuture<>();
        var unusedCancel = answer.whenComplete((document, failure) -> sent.cancel(true));
        var unused = sent.whenComplete((response, failure) -> {
            if (failure != null && again && isBroken(unwrapped(failure)) && !answer.isDone()) {
                var second = answer(request, worker, type, false);
                var unusedForward = second.whenComplete((document, e) -> complete(answer, document, e));
                var unusedSecond = answer.whenComplete((document, e) -> second.cancel(true));
            } else if (failure != null) {
                answer.completeExceptionally(lost(worker, unwrapped(failure)));
            } else {
                try {
                    answer.complete(read(response, worker, type));
                } catch (AttemptException e) {
                    answer.completeExceptionally(e);
                }
            }
        });
        return answer;
    }

    private static <T> void complete(CompletableFuture<T> answer, @Nullable T document, @Nullable Throwable failure) {
        if (failure != null) {
            answer.completeExceptionally(unwrapped(failure));
        } else if (document != null) {
            answer.complete(document);
        }
    }

    private static boolean isBroken(Throwable failure) {
        return failure instanceof IOException
                && !(failure instanceof ConnectException)
                && !(failure instanceof HttpTimeoutException);
    }

    private static Throwable unwrapped(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private static AttemptException lost(RemoteWorker worker, Throwable failure) {
        boolean tooLong = failure instanceof BoundedBody.TooLongException;
        return new AttemptException(
                tooLong ? FallbackReason.BAD_ANSWER : FallbackReason.WORKER_LOST,
                failure instanceof HttpTimeoutException ? Kind.TIMED_OUT : Kind.REMOTE,
                tooLong ? "compaction.remote.answer" : "compaction.remote.unreachable",
                "worker " + worker + " does not answer: " + failure,
                failure);
    }

    private static <T extends Document> T read(HttpResponse<byte[]> response, RemoteWorker worker, Class<T> type)
            throws AttemptException {
        int status = response.statusCode();
        if (status == 200) {
            try {
                return Documents.read(response.body(), type);
            } catch (StoreException e) {
                throw new AttemptException(
                        FallbackReason.BAD_ANSWER,
                        new StoreException(
                                Kind.REMOTE,
                                "compaction.remote.answer",
                                "worker " + worker + " answered nonsense: " + e.getMessage(),
                                e));
            }
        }
        ErrorDocument error;
        try {
            error = Documents.read(response.body(), ErrorDocument.class);
        } catch (StoreException notOfAWorker) {
            throw new AttemptException(
                    status == BUSY ? FallbackReason.WORKER_BUSY : FallbackReason.WORKER_LOST,
                    status == BUSY ? Kind.BUSY : Kind.REMOTE,
                    "compaction.remote.status",
                    "worker " + worker + " answered HTTP status " + status,
                    notOfAWorker);
        }
        throw new AttemptException(reason(status, error), error.exception());
    }

    private static FallbackReason reason(int status, ErrorDocument error) {
        if (status == BUSY) {
            return FallbackReason.WORKER_BUSY;
        }
        if (error.kind() == Kind.NOT_FOUND) {
            return FallbackReason.WORKER_LOST; // it began anew, and knows nothing of the attempt
        }
        return FallbackReason.of(error);
    }
}
