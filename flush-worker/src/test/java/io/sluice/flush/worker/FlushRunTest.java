// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.flush.placement.RateMeter;
import io.sluice.flush.protocol.AttemptToken;
import io.sluice.flush.protocol.FlushTask;
import io.sluice.store.base.StoreException;
import io.sluice.store.flush.JobId;
import io.sluice.store.sst.TableIdentity;
import io.sluice.store.sst.TableOptions;
import io.sluice.transport.AcceptHandler;
import io.sluice.transport.Capabilities;
import io.sluice.transport.ConnectOptions;
import io.sluice.transport.Connection;
import io.sluice.transport.Listener;
import io.sluice.transport.Transport;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A run that is ended while it dials its generator. */
@Timeout(60)
class FlushRunTest {
    private final CompletableFuture<Void> dialled = new CompletableFuture<>();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final Connection connection = (Connection) Proxy.newProxyInstance(
            getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                if (method.getName().equals("close")) {
                    closed.complete(null);
                    return null;
                }
                throw new UnsupportedOperationException(method.getName());
            });

    private FlushRun dialling(CompletableFuture<Connection> connecting) {
        FlushTask task = new FlushTask(
                new AttemptToken(1, 2),
                new JobId("db", 1, 0, 1),
                1,
                List.of(),
                List.of(),
                12,
                1,
                TableOptions.DEFAULT,
                new TableIdentity(0, "default", "db", "ABCDEFGHIJKLMNOPQRST", "", "", 12, 1, 1, 2),
                "file:///store",
                "owner-1/job-0-1/attempt-1",
                "127.0.0.1:7000");
        FlushRun.Tools tools = new FlushRun.Tools(
                "w1",
                "host",
                new Dialling(connecting),
                Runnable::run,
                uri -> {
                    throw new IOException("nothing is to be opened");
                },
                new RateMeter(System::nanoTime),
                System::nanoTime,
                2,
                Duration.ofSeconds(30));
        return new FlushRun(task, connection, List.of(), List.of(), tools);
    }

    /** A transport that dials for as long as the test likes. */
    private final class Dialling implements Transport {
        private final CompletableFuture<Connection> connecting;

        Dialling(CompletableFuture<Connection> connecting) {
            this.connecting = connecting;
        }

        @Override
        public Capabilities capabilities() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Listener listen(InetSocketAddress address, AcceptHandler handler) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletableFuture<Connection> connect(InetSocketAddress address, ConnectOptions options) {
            dialled.complete(null);
            return connecting;
        }

        @Override
        public int doWork() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int doWork(long maxWaitNs) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }

    private void assertEndsUndelivered(FlushRun run) throws Exception {
        CompletableFuture<Boolean> ended = CompletableFuture.supplyAsync(run::run);
        dialled.get(20, TimeUnit.SECONDS);
        run.cancel(new StoreException(StoreException.Kind.CLOSED, "test.cancelled", "not wanted any more"));
        assertThat(ended.get(20, TimeUnit.SECONDS)).isFalse();
    }

    @Test
    void shouldCancelTheConnectionThatIsBeingMade() throws Exception {
        CompletableFuture<Connection> connecting = new CompletableFuture<>();
        assertEndsUndelivered(dialling(connecting));
        assertThat(connecting).isCancelled();
    }

    @Test
    void shouldCloseAConnectionThatComesUpAtThatMoment() throws Exception {
        CompletableFuture<Connection> connecting = new CompletableFuture<>() {
            @Override
            public boolean cancel(boolean mayInterrupt) {
                complete(connection);
                return super.cancel(mayInterrupt);
            }
        };
        assertEndsUndelivered(dialling(connecting));
        closed.get(20, TimeUnit.SECONDS);
    }
}
