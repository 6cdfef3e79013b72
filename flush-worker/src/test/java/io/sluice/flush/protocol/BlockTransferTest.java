// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.StoreException;
import io.sluice.transport.Connection;
import io.sluice.transport.OperationHandler;
import io.sluice.transport.TransportException;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class BlockTransferTest {
    private static final String PEER = "a peer";

    private final List<Integer> submitted = new ArrayList<>();
    private final Deque<OperationHandler> inFlight = new ArrayDeque<>();
    private final Deque<Runnable> writable = new ArrayDeque<>();
    private final Connection connection = (Connection) Proxy.newProxyInstance(
            BlockTransferTest.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                if (method.getName().equals("whenWritable")) {
                    writable.add((Runnable) arguments[0]);
                    return null;
                }
                if (method.getName().equals("peer")) {
                    return null;
                }
                throw new UnsupportedOperationException(PEER + ": " + method);
            });

    private long accept(int index, OperationHandler handler) {
        submitted.add(index);
        inFlight.add(handler);
        return index;
    }

    private void endOne() {
        inFlight.remove().onComplete(0, null);
    }

    @Test
    void shouldKeepItsWindow() {
        CompletableFuture<Void> done = BlockTransfer.run(connection, 5, 2, this::accept);
        assertThat(submitted).containsExactly(0, 1);
        endOne();
        assertThat(submitted).containsExactly(0, 1, 2);
        while (!inFlight.isEmpty()) {
            assertThat(done).isNotDone();
            endOne();
        }
        assertThat(submitted).containsExactly(0, 1, 2, 3, 4);
        assertThat(done).isCompleted();
    }

    @Test
    void shouldGoOnWhenTheConnectionTakesMore() {
        CompletableFuture<Void> done = BlockTransfer.run(
                connection,
                2,
                2,
                (index, handler) -> writable.isEmpty() && index == 1 && submitted.size() == 1
                        ? Connection.BACK_PRESSURED
                        : accept(index, handler));
        assertThat(submitted).containsExactly(0);
        endOne();
        Runnable action = writable.peek();
        assertThat(action).isNotNull();
        action.run();
        endOne();
        assertThat(done).isCompleted();
    }

    @Test
    void shouldFailWhereASubmissionInsideACompletionIsRefused() {
        CompletableFuture<Void> done = BlockTransfer.run(connection, 3, 1, (index, handler) -> {
            if (index == 1) {
                throw new IllegalArgumentException("the right was not given");
            }
            return accept(index, handler);
        });
        endOne();
        assertThat(done).isCompletedExceptionally();
        assertThatThrownBy(done::join)
                .cause()
                .isInstanceOfSatisfying(
                        TransportException.class, e -> assertThat(e.kind()).isEqualTo(TransportException.Kind.PROTOCOL))
                .hasMessageContaining("block 1 of 3")
                .hasMessageContaining("the right was not given");
        assertThat(submitted).containsExactly(0);
    }

    @Test
    void shouldFailWhenAllInFlightHaveEnded() {
        CompletableFuture<Void> done = BlockTransfer.run(connection, 9, 3, this::accept);
        inFlight.remove()
                .onComplete(0, new TransportException(TransportException.Kind.REVOKED, "test.revoked", "gone"));
        assertThat(done).isNotDone();
        endOne();
        endOne();
        assertThatThrownBy(done::join).hasMessageContaining("gone");
        assertThat(submitted).hasSize(3);
    }

    @Test
    void shouldSubmitNothingMoreOnceTheRunIsAborted() {
        Abort abort = new Abort();
        StoreException cause = new StoreException(StoreException.Kind.TIMED_OUT, "test.deadline", "too late");
        assertThatThrownBy(() -> abort.await(BlockTransfer.run(connection, 9, 2, (index, handler) -> {
                    if (index == 1) {
                        abort.abort(cause);
                    }
                    return accept(index, handler);
                })))
                .isInstanceOf(IOException.class)
                .isSameAs(cause);
        endOne();
        endOne();
        assertThat(submitted).containsExactly(0, 1);
    }
}
