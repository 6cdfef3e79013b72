// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every transport must do where bytes are changed on the way: they reach no program, and no other connection suffers. */
public abstract class DamageContract extends ContractSupport {
    private static final int LENGTH = 200_000;

    /** One place in each part of the conversation: negotiation, message, header and data of a block. */
    @ParameterizedTest
    @Tag("A37")
    @ValueSource(longs = {3, 60, 200, 330, 420, 2000, 50_000, 150_000})
    @Tag("T7")
    void shouldFailOnlyTheConnectionWhoseBytesWereDamaged(long at) throws Exception {
        Pair pair = pair();
        LinkedBlockingQueue<Connection> accepted = new LinkedBlockingQueue<>();
        Listener listener = pair.serverTransport.listen(fixture.anyAddress(), accepted::add);
        Connection bystander = pair.clientTransport.connect(listener.address()).get(10, TimeUnit.SECONDS);
        Connection bystanderHere = Objects.requireNonNull(accepted.poll(10, TimeUnit.SECONDS));
        fixture.corruptAt(at);
        converse(pair, listener, accepted);
        fixture.corruptAt(-1);
        offer(bystander, bytes(100, 1));
        assertThat(take(bystanderHere)).isEqualTo(bytes(100, 1));
    }

    private void converse(Pair pair, Listener listener, LinkedBlockingQueue<Connection> accepted) throws Exception {
        Connection there = connect(pair, listener);
        if (there == null) {
            return;
        }
        Connection here = Objects.requireNonNull(accepted.poll(10, TimeUnit.SECONDS));
        Region source = acquire(pair.clientPool, LENGTH);
        source.buffer().putBytes(0, bytes(LENGTH, 1), 0, LENGTH);
        Region target = acquire(pair.serverPool, LENGTH);
        try {
            CompletableFuture<Void> written =
                    new BlockChannel(there, 8192, 2).write(source, 0, LENGTH, here.expose(target, Access.WRITE), 0);
            CompletableFuture<Void> failed = there.closed().thenAccept(state -> {});
            CompletableFuture.anyOf(written.exceptionally(e -> null), failed).get(20, TimeUnit.SECONDS);
            if (there.path().isRdma() && !written.isCompletedExceptionally()) {
                assertThat(copy(target.buffer(), 0, LENGTH)).isEqualTo(bytes(LENGTH, 1));
                there.close(); // what was damaged is the stream, and no data were on it
                return;
            }
            assertThat(there.closed().get(10, TimeUnit.SECONDS)).isEqualTo(ConnectionState.FAILED);
            await().until(() -> here.state().isTerminal());
            assertThat(written).isCompletedExceptionally();
            assertThat(Objects.requireNonNull(there.failure()).code()).startsWith("transport.");
        } catch (TransportException e) {
            assertThat(e.kind()).isEqualTo(TransportException.Kind.CLOSED); // it had failed before the exposure
        } finally {
            source.release();
            target.release();
        }
    }

    private @Nullable Connection connect(Pair pair, Listener listener) throws Exception {
        try {
            return pair.clientTransport
                    .connect(fixture.throughFaults(listener.address()))
                    .get(10, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(TransportException.class);
            return null;
        }
    }
}
