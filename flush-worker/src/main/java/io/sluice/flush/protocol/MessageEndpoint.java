// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.flush.protocol.FlushMessage.Refusal;
import io.sluice.store.base.StoreException;
import io.sluice.transport.Connection;
import io.sluice.transport.rpc.Request;
import io.sluice.transport.rpc.Responder;
import io.sluice.transport.rpc.RpcEndpoint;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One side of a connection that speaks {@link FlushMessage}s, as requests with one answer each. A peer that sends what
 * is no message is told so and its connection closed. Safe for concurrent use; ends with its connection.
 */
public final class MessageEndpoint {
    private static final int RPC_TYPE = ProtocolLimits.SCHEMA_ID;
    private static final int STATUS_MALFORMED = 1;

    private final Connection connection;
    private final Handler handler;

    @GuardedBy("this")
    private @Nullable RpcEndpoint rpc;

    /** Serves a peer's requests. */
    @FunctionalInterface
    public interface Handler {
        /** A request, on the endpoint's executor. Answer it once, now or later, from any thread. */
        void onMessage(MessageEndpoint from, FlushMessage message, Reply reply) throws Exception;
    }

    /** Answers one request. */
    @FunctionalInterface
    public interface Reply {
        /** Sends the answer. */
        void send(FlushMessage answer);

        /** Says no. */
        default void refuse(RefusalReason reason, String message) {
            send(new Refusal(reason, message));
        }
    }

    private MessageEndpoint(Connection connection, Handler handler) {
        this.connection = connection;
        this.handler = handler;
    }

    /** Takes over a connection's messages; handlers and the stages of calls run on {@code executor}. */
    public static MessageEndpoint attach(Connection connection, Handler handler, Executor executor) {
        MessageEndpoint endpoint = new MessageEndpoint(connection, handler);
        endpoint.open(executor);
        return endpoint;
    }

    private synchronized void open(Executor executor) {
        rpc = RpcEndpoint.attach(connection, this::serve, executor);
    }

    private synchronized RpcEndpoint rpc() {
        if (rpc == null) {
            throw new IllegalStateException("not attached");
        }
        return rpc;
    }

    /** The connection beneath, for one-sided operations. */
    public Connection connection() {
        return connection;
    }

    /**
     * Asks the peer.
     *
     * @param expected the answer's type
     * @return completes with the answer; exceptionally with a {@link RefusedException}, with the transport's error, or
     *     with a {@link StoreException} where the answer is none
     */
    public <T extends FlushMessage> CompletableFuture<T> call(
            FlushMessage message, Class<T> expected, Duration timeout) {
        DirectBuffer bytes;
        try {
            bytes = MessageEncoder.encode(message);
        } catch (IllegalArgumentException e) {
            return CompletableFuture.failedFuture(new StoreException(
                    StoreException.Kind.NOT_SUPPORTED,
                    "flush.message.count",
                    message.getClass().getSimpleName() + " can't be sent: " + e.getMessage(),
                    e));
        }
        RpcEndpoint endpoint = rpc();
        if (bytes.capacity() > endpoint.maxPayloadLength()) {
            return CompletableFuture.failedFuture(new StoreException(
                    StoreException.Kind.NOT_SUPPORTED,
                    "flush.message.length",
                    "message of " + bytes.capacity() + " bytes is above the connection's limit of "
                            + endpoint.maxPayloadLength() + ": raise the transport's maxMessageLength on both sides"));
        }
        return endpoint.call(RPC_TYPE, bytes, timeout).thenApply(answer -> answer(answer, expected));
    }

    private <T extends FlushMessage> T answer(DirectBuffer bytes, Class<T> expected) {
        try {
            FlushMessage answer = MessageDecoder.decode(bytes);
            if (answer instanceof Refusal refusal) {
                throw new CompletionException(
                        new RefusedException(connection.peer().toString(), refusal));
            }
            if (!expected.isInstance(answer)) {
                connection.close();
                throw new CompletionException(ProtocolError.malformed(
                        "answer is a " + answer.getClass().getSimpleName() + ", expected " + expected.getSimpleName()));
            }
            return expected.cast(answer);
        } catch (StoreException e) {
            connection.close();
            throw new CompletionException(e);
        }
    }

    private void serve(Request request, Responder responder) throws Exception {
        FlushMessage message;
        try {
            if (request.type() != RPC_TYPE) {
                throw ProtocolError.malformed("request type=" + request.type() + ", expected " + RPC_TYPE);
            }
            message = MessageDecoder.decode(request.payload());
        } catch (StoreException e) {
            responder.fail(STATUS_MALFORMED, e.code(), String.valueOf(e.getMessage()));
            connection.close();
            return;
        }
        handler.onMessage(this, message, answer -> responder.respond(MessageEncoder.encode(answer)));
    }

    @Override
    public String toString() {
        return "MessageEndpoint{" + connection.peer() + "}";
    }
}
