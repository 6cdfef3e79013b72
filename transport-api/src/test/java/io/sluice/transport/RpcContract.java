// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.rpc.RequestHandler;
import io.sluice.transport.rpc.Responder;
import io.sluice.transport.rpc.RpcEndpoint;
import io.sluice.transport.rpc.RpcException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What every transport must do, with requests and responses on top. */
@Tag("T3")
public abstract class RpcContract extends ContractSupport {
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final RequestHandler NONE = (request, responder) -> responder.fail(1, "none", "serves nothing");

    private static RpcEndpoint attach(Connection connection, RequestHandler handler) {
        return RpcEndpoint.attach(connection, handler, Runnable::run);
    }

    @Test
    void shouldAnswerCallsOfBothSides() throws Exception {
        Pair pair = pair();
        RequestHandler echo = (request, responder) -> responder.respond(request.payload());
        RpcEndpoint client = attach(pair.client, echo);
        RpcEndpoint server = attach(pair.server, echo);
        for (int length : new int[] {0, 1, 1000, client.maxPayloadLength()}) {
            assertThat(client.call(1, bytes(length, 1), LONG).get(10, TimeUnit.SECONDS))
                    .isEqualTo(bytes(length, 1));
            assertThat(server.call(1, bytes(length, 2), LONG).get(10, TimeUnit.SECONDS))
                    .isEqualTo(bytes(length, 2));
        }
        int tooLong = client.maxPayloadLength() + 1;
        assertThatThrownBy(() -> client.call(1, bytes(tooLong, 1), LONG)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldAnswerLaterFromAnotherThreadInAnyOrder() throws Exception {
        Pair pair = pair();
        List<Responder> waiting = new ArrayList<>();
        RpcEndpoint client = attach(pair.client, NONE);
        attach(pair.server, (request, responder) -> {
            synchronized (waiting) {
                waiting.add(responder);
            }
        });
        CompletableFuture<DirectBuffer> first = client.call(1, bytes(1, 1), LONG);
        CompletableFuture<DirectBuffer> second = client.call(1, bytes(1, 1), LONG);
        await().until(() -> {
            synchronized (waiting) {
                return waiting.size() == 2;
            }
        });
        waiting.get(1).respond(bytes(2, 2));
        assertThat(second.get(10, TimeUnit.SECONDS).capacity()).isEqualTo(2);
        assertThat(first).isNotDone();
        waiting.get(0).respond(bytes(3, 3));
        assertThat(first.get(10, TimeUnit.SECONDS).capacity()).isEqualTo(3);
        assertThatThrownBy(() -> waiting.get(0).respond(bytes(1, 1))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldFailACallAtItsDeadlineAndIgnoreTheLateAnswer() throws Exception {
        Pair pair = pair();
        CompletableFuture<Responder> late = new CompletableFuture<>();
        RpcEndpoint client = attach(pair.client, NONE);
        attach(pair.server, (request, responder) -> {
            if (request.type() == 1) {
                late.complete(responder);
            } else {
                responder.respond(request.payload());
            }
        });
        TransportException failure = failureOf(client.call(1, bytes(1, 1), Duration.ofMillis(100)));
        assertThat(failure.kind()).isEqualTo(Kind.TIMED_OUT);
        assertThat(failure.code()).isEqualTo("rpc.call.deadline");
        late.get(10, TimeUnit.SECONDS).respond(bytes(1, 1));
        await().until(() -> client.lateAnswers() == 1);
        assertThat(client.call(2, bytes(4, 4), LONG).get(10, TimeUnit.SECONDS)).isEqualTo(bytes(4, 4));
    }

    @Test
    void shouldBringTheHandlersErrorToTheCaller() throws Exception {
        Pair pair = pair();
        RpcEndpoint client = attach(pair.client, NONE);
        attach(pair.server, (request, responder) -> {
            if (request.type() == 1) {
                responder.fail(42, "storage.full", "no room on /data");
            } else {
                throw new IllegalStateException("oops");
            }
        });
        RpcException told = (RpcException) failureOf(client.call(1, bytes(1, 1), LONG));
        assertThat(told.status()).isEqualTo(42);
        assertThat(told.code()).isEqualTo("storage.full");
        assertThat(told).hasMessageContaining("no room on /data");
        RpcException thrown = (RpcException) failureOf(client.call(2, bytes(1, 1), LONG));
        assertThat(thrown.status()).isEqualTo(RpcException.STATUS_HANDLER_FAILED);
        assertThat(thrown).hasMessageContaining("oops");
    }

    @Test
    void shouldFailOpenCallsWhenTheConnectionEnds() throws Exception {
        Pair pair = pair();
        RpcEndpoint client = attach(pair.client, NONE);
        CompletableFuture<Void> asked = new CompletableFuture<>();
        attach(pair.server, (request, responder) -> asked.complete(null));
        CompletableFuture<DirectBuffer> call = client.call(1, bytes(1, 1), LONG);
        asked.get(10, TimeUnit.SECONDS);
        pair.server.close();
        assertThat(failureOf(call).kind()).isEqualTo(Kind.CLOSED);
        assertThat(failureOf(client.call(1, bytes(1, 1), LONG)).kind()).isEqualTo(Kind.CLOSED);
    }

    @Test
    void shouldServeManyCallsThroughBackPressure() throws Exception {
        Pair pair = pair(context -> context.messageWindow(8));
        ExecutorService executor = Executors.newFixedThreadPool(2);
        keep(executor::shutdownNow);
        RpcEndpoint client = RpcEndpoint.attach(pair.client, NONE, executor);
        RpcEndpoint.attach(pair.server, (request, responder) -> responder.respond(request.payload()), executor);
        List<CompletableFuture<DirectBuffer>> calls = new ArrayList<>();
        for (int i = 0; i < 800; i++) {
            UnsafeBuffer payload = new UnsafeBuffer(new byte[500]);
            payload.putInt(0, i);
            calls.add(client.call(1, payload, LONG));
        }
        for (int i = 0; i < 800; i++) {
            assertThat(calls.get(i).get(10, TimeUnit.SECONDS).getInt(0)).isEqualTo(i);
        }
    }

    @Test
    void shouldSayBusyWhenTooManyRequestsAreServed() throws Exception {
        Pair pair = pair();
        RpcEndpoint client = attach(pair.client, NONE);
        attach(pair.server, (request, responder) -> {});
        for (int i = 0; i < RpcEndpoint.MAX_SERVED; i++) {
            var unused = client.call(1, bytes(1, 1), LONG);
        }
        TransportException failure = failureOf(client.call(1, bytes(1, 1), LONG));
        assertThat(failure.kind()).isEqualTo(Kind.BUSY);
    }

    @Test
    void shouldCloseTheConnectionOfAPeerThatSendsNoRpc() throws Exception {
        Pair pair = pair();
        attach(pair.server, NONE);
        offer(pair.client, bytes(30, 1));
        assertThat(pair.client.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.CLOSED);
    }

    @Test
    void shouldDisconnectAPeerThatSendsRequestsAndTakesNoAnswers() throws Exception {
        Pair pair = pair();
        RpcEndpoint.attach(pair.server, (request, responder) -> {}, Runnable::run);
        UnsafeBuffer request = new UnsafeBuffer(new byte[24]);
        request.putByte(0, (byte) 1);
        long sent = 0;
        for (long code = 0; code != Connection.CLOSED; ) {
            code = pair.client.offer(request, 0, 24);
            sent += code >= 0 ? 1 : 0;
            assertThat(sent).as("requests taken of a peer that polls no answer").isLessThan(50_000);
        }
        assertThat(sent).isGreaterThan(2 * RpcEndpoint.MAX_SERVED);
    }
}
