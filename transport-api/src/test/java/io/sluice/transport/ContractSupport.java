// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/** What the parts of the contract suite share; each transport's tests extend the parts with a fixture. */
@Timeout(60)
@Tag("T1")
public abstract class ContractSupport {
    protected TransportFixture fixture;
    private final List<AutoCloseable> opened = new ArrayList<>();

    protected ContractSupport() {
        fixture = newFixture();
    }

    protected abstract TransportFixture newFixture();

    @AfterEach
    void closeAll() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
        fixture.close();
    }

    @BeforeEach
    void failOnLeftovers() {
        assertThat(opened).isEmpty();
    }

    protected final <T extends AutoCloseable> T keep(T closeable) {
        opened.add(closeable);
        return closeable;
    }

    protected final Pair pair() throws Exception {
        return pair(context -> context);
    }

    protected final Pair pair(UnaryOperator<TransportContext> settings) throws Exception {
        return keep(new Pair(fixture, settings));
    }

    protected final Pair pair(UnaryOperator<TransportContext> client, UnaryOperator<TransportContext> server)
            throws Exception {
        return keep(new Pair(fixture, client, server));
    }

    static UnsafeBuffer bytes(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return new UnsafeBuffer(bytes);
    }

    static void offer(Connection connection, UnsafeBuffer message) {
        await().pollInterval(Duration.ofMillis(1))
                .until(() -> connection.offer(message, 0, message.capacity()), code -> code >= 0);
    }

    static UnsafeBuffer take(Connection connection) {
        List<UnsafeBuffer> taken = new ArrayList<>();
        await().pollInterval(Duration.ofMillis(1)).until(() -> {
            connection.poll((buffer, offset, length) -> taken.add(copy(buffer, offset, length)), 1);
            return !taken.isEmpty();
        });
        return taken.get(0);
    }

    static UnsafeBuffer copy(org.agrona.DirectBuffer buffer, int offset, int length) {
        byte[] copy = new byte[length];
        buffer.getBytes(offset, copy);
        return new UnsafeBuffer(copy);
    }

    static TransportException failureOf(CompletableFuture<?> future) {
        try {
            future.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(TransportException.class);
            return (TransportException) e.getCause();
        } catch (Exception e) {
            throw new AssertionError("no failure in time", e);
        }
        throw new AssertionError("expected a failure");
    }

    static Region acquire(RegionPool pool, int length) {
        @Nullable Region region = pool.tryAcquire(length);
        assertThat(region).isNotNull();
        return java.util.Objects.requireNonNull(region);
    }
}
