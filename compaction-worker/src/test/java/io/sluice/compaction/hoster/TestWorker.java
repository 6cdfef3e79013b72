// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.sluice.compaction.document.Document;
import io.sluice.compaction.document.Documents;
import io.sluice.compaction.document.ErrorDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.PlugIns;
import io.sluice.compaction.document.Progress;
import io.sluice.compaction.document.Progress.State;
import io.sluice.compaction.document.ResultDocument;
import io.sluice.compaction.document.ResultFile;
import io.sluice.compaction.document.Submitted;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.compaction.CompactionAttempt;
import io.sluice.store.compaction.CompactionJob;
import io.sluice.store.compaction.CompactionResult;
import io.sluice.store.compaction.CompactionSegment;
import io.sluice.store.compaction.KeyRange;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A worker over HTTP that compacts for real on the store's own storage, and fails in every way that it is told to. */
final class TestWorker implements AutoCloseable {
    /** What happens at a submission. */
    enum Reception {
        TAKE,
        /** It is taken, and runs, but nobody is told. */
        TAKE_AND_DROP,
        BUSY,
        /** Refused by a proxy that has no worker. */
        NO_WORKER_BEHIND_PROXY,
        NONSENSE,
        OTHER_RELEASE
    }

    private static final long WAIT_MS = 200;

    final AtomicInteger submissions = new AtomicInteger();
    final AtomicInteger waits = new AtomicInteger();
    final AtomicInteger probes = new AtomicInteger();
    final AtomicInteger shutdowns = new AtomicInteger();
    final List<String> ended = new ArrayList<>();

    volatile Reception reception = Reception.TAKE;
    /** Submissions for which {@link #reception} holds; {@code TAKE} behind. */
    final AtomicInteger receptions = new AtomicInteger(Integer.MAX_VALUE);
    /** Segments that an attempt finishes before it dies with {@link #death}. */
    volatile int life = Integer.MAX_VALUE;

    volatile @Nullable StoreException death;
    /** Whether it leaves at the end of its life, and hands its attempts back. */
    volatile boolean leaves;
    /** Whether the whole worker goes at the end of its life: nobody is there any more. */
    volatile boolean dies;
    /** Whether the whole worker goes when it has written a result, before it can tell. */
    volatile boolean diesAtItsEnd;
    /** Whether attempts stop for good at the end of their life, and say nothing. */
    volatile boolean sticks;
    /** Whether it forgets its attempts, as when it begins anew. */
    volatile boolean forgets;
    /** Waits and probes to come that are answered with 502. */
    final AtomicInteger brokenAnswers = new AtomicInteger();
    /** What is told instead of the truth. */
    volatile UnaryOperator<Progress> tales = UnaryOperator.identity();

    volatile UnaryOperator<CompactionResult> tamper = UnaryOperator.identity();
    volatile String address = "";
    volatile @Nullable String authorization;

    volatile String id;
    volatile IntConsumer onSubmission = count -> {};

    private final Storage storage;
    private final HttpServer server;
    private final Map<String, Attempt> attempts = new ConcurrentHashMap<>();
    private final CountDownLatch stuck = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "test-worker");
        thread.setDaemon(true);
        return thread;
    });

    TestWorker(String id, Storage storage) throws IOException {
        this.id = id;
        this.storage = storage;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/dcompact", this::submit);
        server.createContext("/wait", exchange -> tell(exchange, true));
        server.createContext("/probe", exchange -> tell(exchange, false));
        server.createContext("/shutdown", this::shutdown);
        server.start();
        address = url();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private void submit(HttpExchange exchange) throws IOException {
        authorization = exchange.getRequestHeaders().getFirst("Authorization");
        onSubmission.accept(submissions.incrementAndGet());
        JobDocument document = Documents.read(exchange.getRequestBody().readAllBytes(), JobDocument.class);
        switch (receptions.getAndDecrement() > 0 ? reception : Reception.TAKE) {
            case TAKE -> answer(exchange, 200, Submitted.of(take(document), id, address));
            case TAKE_AND_DROP -> {
                String unused = take(document); // and never a word
            }
            case BUSY ->
                answer(
                        exchange,
                        503,
                        ErrorDocument.of(new StoreException(Kind.BUSY, "compaction.worker.busy", "busy")));
            case NO_WORKER_BEHIND_PROXY -> answer(exchange, 502, "<html>Bad gateway</html>".getBytes(UTF_8));
            case NONSENSE -> answer(exchange, 200, "{\"version\": 1, \"tokens\": []}".getBytes(UTF_8));
            case OTHER_RELEASE -> answer(exchange, 200, new Submitted(1, "99.0.0", take(document), id, address));
        }
    }

    /** The same token for the same attempt. */
    private String take(JobDocument document) throws StoreException {
        String token = document.job().epoch() + "-" + document.job().number() + "-" + document.attempt();
        CompactionJob job = document.compactionJob(PlugIns.BUILT_IN);
        Attempt attempt = new Attempt(job, document);
        if (attempts.putIfAbsent(token, attempt) == null) {
            threads.execute(attempt);
        }
        return token;
    }

    private void tell(HttpExchange exchange, boolean waits) throws IOException {
        (waits ? this.waits : probes).incrementAndGet();
        Map<String, String> query = query(exchange);
        Attempt attempt = attempts.get(query.getOrDefault("token", ""));
        int seen = Integer.parseInt(query.getOrDefault("seen", "0"));
        if (brokenAnswers.getAndUpdate(count -> Math.max(0, count - 1)) > 0) {
            answer(exchange, 502, "<html>Bad gateway</html>".getBytes(UTF_8));
        } else if (attempt == null || forgets) {
            answer(
                    exchange,
                    404,
                    ErrorDocument.of(new StoreException(Kind.NOT_FOUND, "compaction.worker.token", "no such job")));
        } else {
            Progress progress = attempt.progress(query.getOrDefault("token", ""), seen, waits ? WAIT_MS : 0);
            answer(exchange, 200, tales.apply(progress));
        }
    }

    private void shutdown(HttpExchange exchange) throws IOException {
        shutdowns.incrementAndGet();
        Attempt attempt = attempts.get(query(exchange).getOrDefault("token", ""));
        if (attempt != null) {
            attempt.attempt.abort(new StoreException(Kind.CLOSED, "compaction.worker.shutdown", "told to end"));
        }
        answer(exchange, 200, new byte[0]);
    }

    private static Map<String, String> query(HttpExchange exchange) {
        Map<String, String> query = new ConcurrentHashMap<>();
        String raw = exchange.getRequestURI().getRawQuery();
        for (String pair : raw == null ? new String[0] : raw.split("&")) {
            query.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
        }
        return query;
    }

    private static void answer(HttpExchange exchange, int status, Document document) throws IOException {
        answer(exchange, status, Documents.write(document));
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    /** Whether no attempt runs any more. */
    boolean isIdle() {
        return attempts.values().stream().allMatch(attempt -> attempt.isOver);
    }

    @Override
    public void close() {
        stuck.countDown();
        server.stop(0);
        threads.shutdownNow();
    }

    private final class Attempt implements Runnable, CompactionAttempt.Listener {
        final CompactionAttempt attempt;
        private final CompactionJob job;
        volatile boolean isOver;

        @GuardedBy("this")
        private List<KeyRange> ranges = List.of();

        @GuardedBy("this")
        private final List<CompactionSegment> segments = new ArrayList<>();

        /** Segments that the store has heard of. */
        @GuardedBy("this")
        private int heard;

        @GuardedBy("this")
        private State state = State.RUNNING;

        @GuardedBy("this")
        private @Nullable ErrorDocument error;

        @GuardedBy("this")
        private @Nullable ResultDocument result;

        Attempt(CompactionJob job, JobDocument document) {
            this.job = job;
            this.attempt = new CompactionAttempt(
                    new CompactionAttempt.Place(
                            storage, threads, new RateLimiter(0, System::nanoTime), System::nanoTime, id, id),
                    job,
                    document.attempt(),
                    document.progress(),
                    this);
        }

        @Override
        public void run() {
            try {
                CompactionResult made = tamper.apply(attempt.run());
                if (diesAtItsEnd) {
                    ResultFile.write(storage, ResultDocument.of(made));
                    awaitHeard();
                    server.stop(0);
                    return;
                }
                end(State.FINISHED, null, ResultDocument.of(made));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (IOException e) {
                StoreException cause = StoreException.wrap("compaction.worker.failed", e);
                end(leaves ? State.HANDED_BACK : State.FAILED, ErrorDocument.of(cause), null);
                synchronized (ended) {
                    ended.add(cause.code());
                }
                if (dies && segmentsDone() >= life) {
                    server.stop(0);
                }
            } finally {
                isOver = true;
            }
        }

        private synchronized void awaitHeard() throws InterruptedException {
            while (heard < segments.size()) {
                wait();
            }
        }

        private synchronized int segmentsDone() {
            return segments.size();
        }

        private synchronized void end(State how, @Nullable ErrorDocument why, @Nullable ResultDocument made) {
            state = how;
            error = why;
            result = made;
            notifyAll();
        }

        @Override
        public synchronized void ranges(List<KeyRange> told) {
            ranges = told;
        }

        @Override
        public void finished(CompactionSegment segment) throws IOException {
            boolean isAtItsEnd;
            synchronized (this) {
                isAtItsEnd = segments.size() >= life;
                if (!isAtItsEnd) {
                    segments.add(segment);
                    notifyAll();
                }
            }
            if (!isAtItsEnd) {
                return;
            }
            try {
                if (dies) {
                    awaitHeard();
                } else if (sticks) {
                    stuck.await();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            StoreException cause = death;
            throw cause != null
                    ? cause
                    : new StoreException(Kind.IO, "test.died", "the attempt at " + job.id() + " died");
        }

        synchronized Progress progress(String token, int seen, long waitMs) {
            heard = Math.max(heard, seen);
            notifyAll();
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMs);
            long left = end - System.nanoTime();
            while (left > 0 && segments.size() <= seen && !state.hasEnded()) {
                try {
                    wait(TimeUnit.NANOSECONDS.toMillis(left) + 1);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    break;
                }
                left = end - System.nanoTime();
            }
            return Progress.of(token, state, attempt.counts(), ranges, seen, segments, error, result);
        }
    }
}
