// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rpc;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionListener;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One side of a connection that calls its peer and serves the peer's calls; both sides attach one, and nothing else uses
 * the connection's messages then. One-sided operations and exposures go on beside it.
 *
 * <p>Handlers and the stages of call futures run on the executor given, which should not be the transport's agent where
 * they might take long. Safe for concurrent use. It ends with its connection; every call that waits then fails.
 *
 * <p>Bounds: at most {@value #MAX_SERVED} requests are served at a time, beyond that the peer gets {@code BUSY}; calls
 * that find the connection back-pressured wait in an outbox of at most {@value Outbox#MAX_CALLS} calls and {@value
 * Outbox#MAX_CALL_BYTES} bytes, beyond that they fail with {@code BUSY}. A peer that goes on sending requests without
 * taking the answers is disconnected.
 */
public final class RpcEndpoint {
    /** Most requests of the peer that are served at a time. */
    public static final int MAX_SERVED = 1024;

    private static final Logger LOG = LoggerFactory.getLogger(RpcEndpoint.class);
    private static final int POLL_LIMIT = 64;
    /** Refusals that may wait for the peer to take them. One that sends requests and takes no answers is cut off. */
    private static final int MAX_REFUSALS = 4 * MAX_SERVED;

    private static final long NS_PER_MS = 1_000_000;

    private final Connection connection;
    private final RequestHandler handler;
    private final Executor executor;
    private final Outbox outbox;
    private final AtomicInteger served = new AtomicInteger();
    private final AtomicLong lateAnswers = new AtomicLong();

    @GuardedBy("calls")
    private final Long2ObjectHashMap<Call> calls = new Long2ObjectHashMap<>();

    @GuardedBy("calls")
    private long nextCorrelation = 1;

    @GuardedBy("calls")
    private boolean ended;

    private record Call(int type, long deadlineNs, Duration timeout, CompletableFuture<DirectBuffer> result) {}

    private RpcEndpoint(Connection connection, RequestHandler handler, Executor executor) {
        this.connection = connection;
        this.handler = handler;
        this.executor = executor;
        this.outbox = new Outbox(connection);
    }

    /**
     * Takes over a connection's messages.
     *
     * @param handler serves the peer's requests
     * @param executor where handlers and the stages of calls run; {@code Runnable::run} for the agent itself
     */
    public static RpcEndpoint attach(Connection connection, RequestHandler handler, Executor executor) {
        RpcEndpoint endpoint = new RpcEndpoint(connection, handler, executor);
        connection.listener(endpoint.new Events());
        connection.whenClosed(endpoint::failAll);
        return endpoint;
    }

    /** The connection beneath, for one-sided operations, its peer and its end. */
    public Connection connection() {
        return connection;
    }

    /** Longest payload of a request or response, in bytes. */
    public int maxPayloadLength() {
        return connection.maxMessageLength() - RpcFormat.HEAD_LENGTH;
    }

    /** Answers that came after their call's deadline. */
    public long lateAnswers() {
        return lateAnswers.get();
    }

    /**
     * Calls the peer with a copy of some bytes.
     *
     * @param type the application's number for what is asked
     * @param timeout how long to wait for the answer, at least 1 ms, at most {@link TransportContext#MAX_DURATION}; the
     *     peer is told
     * @return completes with the answer (0 to its capacity, the caller's to keep), or exceptionally with
     *     {@code TIMED_OUT}, {@code CLOSED}, {@code BUSY}, the connection's failure, or the peer's {@link RpcException}
     * @throws IllegalArgumentException where {@code length} is above {@link #maxPayloadLength()}
     */
    public CompletableFuture<DirectBuffer> call(
            int type, DirectBuffer payload, int offset, int length, Duration timeout) {
        checkLength(length);
        if (timeout.compareTo(Duration.ofMillis(1)) < 0) {
            throw new IllegalArgumentException("timeout=" + timeout + ", expected at least 1 ms");
        }
        Duration limit = timeout.compareTo(TransportContext.MAX_DURATION) < 0 ? timeout : TransportContext.MAX_DURATION;
        long deadlineNs = connection.nanoClock().getAsLong() + limit.toNanos();
        Call call = new Call(type, deadlineNs, timeout, new CompletableFuture<>());
        long correlation;
        synchronized (calls) {
            if (ended) {
                return CompletableFuture.failedFuture(endOf(type));
            }
            correlation = nextCorrelation++;
            calls.put(correlation, call);
        }
        UnsafeBuffer message = RpcMessage.request(type, correlation, timeout.toMillis(), payload, offset, length);
        if (!outbox.sendCall(message)) {
            complete(correlation, null, busy(type));
        }
        connection.wakeAt(deadlineNs);
        return call.result;
    }

    /** Calls the peer with all of a buffer. */
    public CompletableFuture<DirectBuffer> call(int type, DirectBuffer payload, Duration timeout) {
        return call(type, payload, 0, payload.capacity(), timeout);
    }

    private void checkLength(int length) {
        if (length < 0 || length > maxPayloadLength()) {
            throw new IllegalArgumentException("length=" + length + " is beyond limit=" + maxPayloadLength());
        }
    }

    private TransportException busy(int type) {
        return new TransportException(
                TransportException.Kind.BUSY,
                "rpc.outbox.full",
                "call of type " + type + " to " + connection.peer() + ": too many calls wait to be sent");
    }

    private TransportException endOf(int type) {
        TransportException failure = connection.failure();
        return new TransportException(
                failure == null ? TransportException.Kind.CLOSED : failure.kind(),
                failure == null ? "rpc.connection.closed" : failure.code(),
                "call of type " + type + " to " + connection.peer() + ": the connection ended",
                failure);
    }

    private void complete(long correlation, @Nullable DirectBuffer answer, @Nullable TransportException failure) {
        Call call;
        synchronized (calls) {
            call = calls.remove(correlation);
        }
        if (call == null) {
            lateAnswers.incrementAndGet();
            return;
        }
        finish(call, answer, failure);
    }

    private void finish(Call call, @Nullable DirectBuffer answer, @Nullable TransportException failure) {
        run(() -> {
            if (failure != null) {
                call.result.completeExceptionally(failure);
            } else {
                call.result.complete(answer);
            }
        });
    }

    /** On the executor; where that has shut down, here: nobody shall wait for ever. */
    private void run(Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException e) {
            task.run();
        }
    }

    private void failAll() {
        List<Call> open;
        synchronized (calls) {
            ended = true;
            open = new ArrayList<>(calls.values());
            calls.clear();
        }
        open.forEach(call -> finish(call, null, endOf(call.type)));
    }

    /** What the connection tells. */
    private final class Events implements ConnectionListener {
        @Override
        public void onReadable(Connection readable) {
            int taken;
            do {
                taken = connection.poll(RpcEndpoint.this::onMessage, POLL_LIMIT);
            } while (taken > 0);
        }

        @Override
        public long onTimer(Connection timed, long nowNs) {
            List<Call> overdue = new ArrayList<>();
            long next = Long.MAX_VALUE;
            synchronized (calls) {
                var it = calls.values().iterator();
                while (it.hasNext()) {
                    Call call = it.next();
                    if (call.deadlineNs - nowNs <= 0) {
                        overdue.add(call);
                        it.remove();
                    } else if (next == Long.MAX_VALUE || call.deadlineNs - next < 0) {
                        next = call.deadlineNs;
                    }
                }
            }
            for (Call call : overdue) {
                String what = "call of type " + call.type + " to " + connection.peer() + ": no answer within ";
                finish(
                        call,
                        null,
                        new TransportException(
                                TransportException.Kind.TIMED_OUT, "rpc.call.deadline", what + call.timeout));
            }
            return next;
        }
    }

    private void onMessage(DirectBuffer buffer, int offset, int length) {
        byte kind = length < RpcFormat.HEAD_LENGTH ? 0 : buffer.getByte(offset + RpcFormat.KIND_OFFSET);
        switch (kind) {
            case RpcFormat.REQUEST -> serve(buffer, offset, length);
            case RpcFormat.RESPONSE -> complete(correlation(buffer, offset), payload(buffer, offset, length), null);
            case RpcFormat.ERROR -> onError(buffer, offset, length);
            default -> malformed("kind=" + kind + " length=" + length);
        }
    }

    private static long correlation(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + RpcFormat.CORRELATION_OFFSET, LITTLE_ENDIAN);
    }

    private static DirectBuffer payload(DirectBuffer buffer, int offset, int length) {
        byte[] copy = new byte[length - RpcFormat.HEAD_LENGTH];
        buffer.getBytes(offset + RpcFormat.HEAD_LENGTH, copy);
        return new UnsafeBuffer(copy);
    }

    private void onError(DirectBuffer buffer, int offset, int length) {
        int status = buffer.getInt(offset + RpcFormat.TYPE_OFFSET, LITTLE_ENDIAN);
        int codeLength = buffer.getInt(offset + RpcFormat.CODE_LENGTH_OFFSET, LITTLE_ENDIAN);
        DirectBuffer body = payload(buffer, offset, length);
        if (codeLength < 0 || codeLength > body.capacity()) {
            malformed("error's code of " + codeLength + " bytes in " + body.capacity());
            return;
        }
        byte[] bytes = body.byteArray();
        String code = new String(bytes, 0, codeLength, StandardCharsets.UTF_8);
        String text = new String(bytes, codeLength, bytes.length - codeLength, StandardCharsets.UTF_8);
        complete(correlation(buffer, offset), null, new RpcException(status, code, connection.peer() + ": " + text));
    }

    private void malformed(String found) {
        LOG.warn("closing {}: message is no request, response or error: {} [rpc.message.malformed]", this, found);
        connection.close();
    }

    private void overrun() {
        if (connection.state() == ConnectionState.ACTIVE) {
            LOG.warn("closing {}: it sends requests and takes no answers [rpc.requests.overrun]", this);
            connection.close();
        }
    }

    private void serve(DirectBuffer buffer, int offset, int length) {
        long timeoutMs = Integer.toUnsignedLong(buffer.getInt(offset + RpcFormat.TIMEOUT_OFFSET, LITTLE_ENDIAN));
        Request request = new Request(
                connection.peer(),
                buffer.getInt(offset + RpcFormat.TYPE_OFFSET, LITTLE_ENDIAN),
                payload(buffer, offset, length),
                connection.nanoClock().getAsLong() + timeoutMs * NS_PER_MS);
        Answer answer = new Answer(correlation(buffer, offset));
        int open = served.incrementAndGet();
        if (open > MAX_SERVED + MAX_REFUSALS) {
            served.decrementAndGet();
            overrun();
            return;
        }
        if (open > MAX_SERVED) {
            answer.failWith(RpcException.STATUS_BUSY, "rpc.busy", MAX_SERVED + " requests are being served");
            return;
        }
        run(() -> {
            try {
                handler.onRequest(request, answer);
            } catch (Exception e) {
                LOG.debug("{}: handler failed on a request of type {}", this, request.type(), e);
                answer.failIfOpen(e);
            }
        });
    }

    private final class Answer implements Responder {
        private final long correlation;
        private boolean answered;

        Answer(long correlation) {
            this.correlation = correlation;
        }

        @Override
        public void respond(DirectBuffer payload, int offset, int length) {
            checkLength(length);
            send(RpcMessage.response(correlation, payload, offset, length));
        }

        @Override
        public void fail(int status, String code, String message) {
            if (status < 0) {
                throw new IllegalArgumentException("status=" + status + ", expected not negative");
            }
            failWith(status, code, message);
        }

        private void failWith(int status, String code, String message) {
            send(RpcMessage.error(status, correlation, code, message, connection.maxMessageLength()));
        }

        private void failIfOpen(Exception e) {
            synchronized (this) {
                if (answered) {
                    return;
                }
            }
            failWith(RpcException.STATUS_HANDLER_FAILED, "rpc.handler.failed", e.toString());
        }

        private void send(UnsafeBuffer message) {
            synchronized (this) {
                if (answered) {
                    throw new IllegalStateException("request " + correlation + " was answered before");
                }
                answered = true;
            }
            outbox.sendAnswer(message, served);
        }
    }

    @Override
    public String toString() {
        return "RpcEndpoint{connection=" + connection.id() + ", peer=" + connection.peer() + "}";
    }
}
