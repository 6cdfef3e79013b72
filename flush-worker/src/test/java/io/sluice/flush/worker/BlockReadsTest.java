// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.flush.protocol.Abort;
import io.sluice.flush.protocol.FailureCodes;
import io.sluice.store.base.StoreException;
import io.sluice.transport.Access;
import io.sluice.transport.Connection;
import io.sluice.transport.OperationHandler;
import io.sluice.transport.PeerIdentity;
import io.sluice.transport.Region;
import io.sluice.transport.RegionPool;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.TransportException;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BlockReadsTest {
    private static final int CHUNK = 4096;
    private static final int COUNT = 5;
    private static final int WINDOW = 2;

    private final Abort abort = new Abort();
    /** The reads that have begun and not ended, each to be ended by the test. */
    private final BlockingQueue<OperationHandler> begun = new LinkedBlockingQueue<>();

    private LongSupplier answer = () -> 1;
    private RegionPool pool;
    private final List<Region> memory = new ArrayList<>();

    @BeforeEach
    void open() throws Exception {
        pool = new RegionPool(CHUNK, COUNT * CHUNK);
        for (int i = 0; i < COUNT; i++) {
            memory.add(Objects.requireNonNull(pool.tryAcquire(CHUNK)));
        }
    }

    @AfterEach
    void close() {
        pool.close();
    }

    /** A connection whose reads begin as {@link #answer} says. */
    private Connection connection() {
        return (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("peer")) {
                        return new PeerIdentity("memnode", "m1", new InetSocketAddress(0));
                    }
                    assertThat(method.getName()).isEqualTo("read");
                    long position = answer.getAsLong();
                    if (position >= 0) {
                        begun.add((OperationHandler) arguments[6]);
                    }
                    return position;
                });
    }

    private BlockReads reads() {
        List<RemoteRegion> sources = new ArrayList<>();
        List<Integer> lengths = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            sources.add(new RemoteRegion(i + 1, 1, CHUNK, Access.READ, 1, 2));
            lengths.add(CHUNK);
        }
        return new BlockReads(connection(), sources, memory, lengths);
    }

    private CompletableFuture<Void> running() {
        BlockReads reads = reads();
        return CompletableFuture.runAsync(() -> {
            try {
                reads.run(WINDOW, abort);
            } catch (IOException e) {
                throw new java.util.concurrent.CompletionException(e);
            } finally {
                memory.forEach(Region::release);
            }
        });
    }

    private OperationHandler next() throws InterruptedException {
        return Objects.requireNonNull(begun.poll(20, TimeUnit.SECONDS), "no read began");
    }

    private static void assertBlamesTheMemnode(CompletableFuture<Void> run, String why) {
        assertThatThrownBy(() -> run.get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(StoreException.class, e -> {
                    assertThat(e.code()).isEqualTo(FailureCodes.MEMNODE_LOST);
                    assertThat(e.kind()).isEqualTo(StoreException.Kind.REMOTE);
                })
                .hasMessageContaining("memnode/m1")
                .hasMessageContaining(why);
    }

    @Test
    void shouldReadAllBlocksAFewAtATime() throws Exception {
        CompletableFuture<Void> run = running();
        for (int i = 0; i < COUNT; i++) {
            OperationHandler read = next();
            assertThat(begun.size()).isLessThan(WINDOW);
            read.onComplete(i, null);
        }
        run.get(20, TimeUnit.SECONDS);
    }

    @Test
    @Tag("A36")
    void shouldEndWithItsAbortThoughAReadStallsAndBeginNoneAfterwards() throws Exception {
        CompletableFuture<Void> run = running();
        OperationHandler first = next();
        OperationHandler second = next();
        abort.abort(new StoreException(StoreException.Kind.TIMED_OUT, "the.deadline", "passed"));
        assertThatThrownBy(() -> run.get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo("the.deadline"));
        first.onComplete(0, null);
        second.onComplete(1, new TransportException(TransportException.Kind.TIMED_OUT, "late", "late"));
        assertThat(begun).isEmpty();
    }

    @Test
    void shouldBlameTheMemnodeForAReadThatFails() throws Exception {
        CompletableFuture<Void> run = running();
        next().onComplete(0, new TransportException(TransportException.Kind.PEER_DEAD, "dead", "it is dead"));
        next().onComplete(1, null);
        assertBlamesTheMemnode(run, "it is dead");
        assertThat(begun).isEmpty();
    }

    @Test
    void shouldBlameTheMemnodeForAConnectionThatHasEnded() {
        answer = () -> Connection.CLOSED;
        assertBlamesTheMemnode(running(), "has ended");
    }

    @Test
    void shouldBlameTheMemnodeForARegionThatMayNotBeRead() {
        answer = () -> {
            throw new IllegalArgumentException("region does not allow READ");
        };
        assertBlamesTheMemnode(running(), "does not allow READ");
    }
}
