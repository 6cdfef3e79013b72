// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.Documents;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.Progress;
import io.sluice.compaction.document.Progress.State;
import io.sluice.compaction.document.Submitted;
import io.sluice.store.base.StoreException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Promise;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The worker's endpoints: {@code docs/protocol-compaction.md}. Safe for concurrent use. */
final class WorkerHandler extends Handler.Abstract {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerHandler.class);

    /** Jobs that are read at a time: each may take its document's bounds of memory. */
    private static final int MAX_SUBMISSIONS = 4;

    /** How many times as long as a wait a job's document may take to come. */
    private static final int BODY_LIMIT_FACTOR = 3;

    private static final Map<String, String> METHODS =
            Map.of("/dcompact", "POST", "/probe", "GET", "/wait", "GET", "/shutdown", "POST", "/health", "GET");

    private final WorkerSettings settings;
    private final AttemptTable table;
    private final StoragePlace places;
    private final Access access;
    private final ScheduledExecutorService timer;
    private final LongSupplier nanoClock;
    private final Semaphore submissions = new Semaphore(MAX_SUBMISSIONS);
    private volatile String address = "";

    WorkerHandler(
            WorkerSettings settings,
            AttemptTable table,
            StoragePlace places,
            ScheduledExecutorService timer,
            LongSupplier nanoClock) {
        this.settings = settings;
        this.table = table;
        this.places = places;
        this.access = new Access(settings);
        this.timer = timer;
        this.nanoClock = nanoClock;
    }

    /** Where stores reach this worker, once that is known. */
    void serveAt(String url) {
        address = url;
    }

    /** The paths that it serves. */
    Set<String> paths() {
        return METHODS.keySet();
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        Exchange exchange = new Exchange(request, response, callback);
        String path = Request.getPathInContext(request);
        String method = METHODS.get(path);
        try {
            if (method == null) {
                exchange.reply(HttpStatus.NOT_FOUND_404, WorkerErrors.request("there is nothing at this path"));
            } else if (!method.equals(request.getMethod())) {
                response.getHeaders().put(HttpHeader.ALLOW, method);
                exchange.reply(HttpStatus.METHOD_NOT_ALLOWED_405, WorkerErrors.request("expected " + method));
            } else {
                handle(exchange, path);
            }
        } catch (StoreException e) {
            exchange.reply(e);
        }
        return true;
    }

    private void handle(Exchange exchange, String path) throws StoreException {
        if (path.equals("/health")) {
            boolean stopping = table.isStopping();
            exchange.reply(
                    stopping ? HttpStatus.PRECONDITION_FAILED_412 : HttpStatus.OK_200,
                    stopping ? "stopping\n" : "ok\n");
            return;
        }
        Caller caller = access.caller(exchange.request());
        switch (path) {
            case "/dcompact" -> submit(exchange, caller);
            case "/probe" -> exchange.reply(attempt(exchange, caller).progress(exchange.number("seen", 0)));
            case "/wait" -> await(exchange, caller);
            case "/shutdown" -> shutdown(exchange, caller);
            default -> throw new AssertionError(path);
        }
    }

    private HostedAttempt attempt(Exchange exchange, Caller caller) throws StoreException {
        HostedAttempt attempt = table.find(exchange.parameter("token"));
        if (attempt == null || !caller.owns(attempt.document())) {
            throw WorkerErrors.unknownToken();
        }
        return attempt;
    }

    private void submit(Exchange exchange, Caller caller) throws StoreException {
        Request request = exchange.request();
        String type = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
        if (type == null || !type.startsWith(Documents.MEDIA_TYPE)) {
            // which no page of another origin can send without asking first
            throw WorkerErrors.request("expected Content-Type: " + Documents.MEDIA_TYPE);
        }
        if (request.getLength() > Documents.MAX_LENGTH) {
            throw tooLarge();
        }
        if (!submissions.tryAcquire()) {
            throw WorkerErrors.busy(settings.id(), settings.maxWaiting());
        }
        try {
            // Else a few who send a byte now and then would keep all others out.
            ScheduledFuture<?> limit = timer.schedule(
                    () -> request.fail(new TimeoutException("the body came too slowly")),
                    settings.waitLimit().multipliedBy(BODY_LIMIT_FACTOR).toNanos(),
                    TimeUnit.NANOSECONDS);
            Content.Source.asByteArrayAsync(request, Documents.MAX_LENGTH, new Body(exchange, caller, limit));
        } catch (RuntimeException | Error e) {
            submissions.release();
            throw e;
        }
    }

    /** Takes a job when all of it has come. */
    private final class Body implements Promise.Invocable<byte[]> {
        private final Exchange exchange;
        private final Caller caller;
        private final ScheduledFuture<?> limit;

        Body(Exchange exchange, Caller caller, ScheduledFuture<?> limit) {
            this.exchange = exchange;
            this.caller = caller;
            this.limit = limit;
        }

        @Override
        public void succeeded(byte[] bytes) {
            limit.cancel(false);
            try {
                exchange.reply(take(bytes, caller));
            } catch (StoreException e) {
                exchange.reply(e);
            } catch (RuntimeException e) {
                LOG.error("worker {}: a submission met an error of the program", settings.id(), e);
                exchange.reply(HttpStatus.INTERNAL_SERVER_ERROR_500, WorkerErrors.of(e));
            } finally {
                submissions.release();
            }
        }

        @Override
        public void failed(Throwable failure) {
            limit.cancel(false);
            submissions.release();
            refuseBody(exchange, failure);
        }
    }

    private static void refuseBody(Exchange exchange, Throwable failure) {
        if (failure instanceof IllegalStateException) { // what Jetty says of more than was allowed
            exchange.reply(tooLarge());
        } else {
            exchange.callback().failed(failure);
        }
    }

    private static StoreException tooLarge() {
        return StoreException.invalid(
                "compaction.document.too-large", "the body has more than " + Documents.MAX_LENGTH + " bytes");
    }

    private Submitted take(byte[] bytes, Caller caller) throws StoreException {
        JobDocument document = Documents.read(bytes, JobDocument.class);
        settings.releases().check("the store", document.codeVersion());
        caller.check(document);
        HostedAttempt attempt = table.known(document);
        if (attempt == null) {
            attempt = table.submit(document, places.check(document));
            LOG.info("worker {} takes {}", settings.id(), attempt);
        }
        return Submitted.of(attempt.token(), settings.id(), address);
    }

    private void await(Exchange exchange, Caller caller) throws StoreException {
        HostedAttempt attempt = attempt(exchange, caller);
        int seen = exchange.number("seen", 0);
        CompletableFuture<Progress> answer = attempt.await(seen);
        if (!answer.isDone()) {
            ScheduledFuture<?> limit = timer.schedule(
                    () -> {
                        attempt.forget(answer, nanoClock.getAsLong());
                        answer.complete(attempt.progress(seen));
                    },
                    settings.waitLimit().toNanos(),
                    TimeUnit.NANOSECONDS);
            exchange.request().addFailureListener(gone -> {
                attempt.forget(answer, nanoClock.getAsLong());
                answer.complete(attempt.progress(seen));
            });
            var unused = answer.whenComplete((progress, failure) -> limit.cancel(false));
        }
        // Not on the attempt's thread, which a slow client would hold up.
        var unused = answer.thenAcceptAsync(
                exchange::reply, exchange.request().getComponents().getExecutor());
    }

    private void shutdown(Exchange exchange, Caller caller) throws StoreException {
        HostedAttempt attempt = attempt(exchange, caller);
        table.end(attempt, State.FAILED, WorkerErrors.stopped());
        exchange.reply(attempt.progress(0));
    }
}
