// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A connection to one proven peer: messages both ways, and one-sided reads and writes of memory that the peer exposed
 * to this connection.
 *
 * <p><b>Order.</b> What one thread submits (messages, reads, writes) is carried out in that order. A message submitted
 * after a write is delivered only when the bytes of that write are in the peer's memory: write, then notify. Nothing is
 * promised of the order within a write.
 *
 * <p><b>Bounds.</b> Submissions go through a bounded ring under the receiver's credits for messages and bytes, and a
 * bounded number of operations; where one is used up the answer is {@link #BACK_PRESSURED}, never an allocation or a
 * wait. Ask {@link #whenWritable} to be told when to try again.
 *
 * <p><b>Threads.</b> Any thread may submit. {@link #poll} is for one thread at a time. Handlers run on the agent.
 *
 * <p><b>End.</b> After the connection ended, submissions answer {@link #CLOSED}; nothing here throws for it, waits or
 * touches freed memory. Every accepted operation's handler is called exactly once, with a cause where it failed.
 */
public interface Connection extends AutoCloseable {
    /** Nothing was submitted: ring, credits or operations are used up for now. */
    long BACK_PRESSURED = -1;

    /** Nothing was submitted: the connection is closing or has ended. {@link #poll}: and all messages were taken. */
    long CLOSED = -2;

    /** Nothing was submitted: the remote region was exposed to another connection, perhaps an earlier one. */
    long STALE_REGION = -3;

    /** A number unique in this transport, for logs. */
    long id();

    /** Who is at the other end. */
    PeerIdentity peer();

    /** What its messages and one-sided operations go by; fixed when it becomes active. */
    ConnectionPath path();

    /** Where the connection is in its life. */
    ConnectionState state();

    /** Why it failed; null unless {@link ConnectionState#FAILED}. */
    @Nullable
    TransportException failure();

    /** Longest message that both sides take, in bytes. */
    int maxMessageLength();

    /**
     * Sends a copy of a message.
     *
     * @return a position, not negative, that grows with each submission of its kind; or {@link #BACK_PRESSURED} or
     *     {@link #CLOSED}
     * @throws IllegalArgumentException where {@code length} is negative or above {@link #maxMessageLength()}
     */
    long offer(DirectBuffer buffer, int offset, int length);

    /**
     * Takes room for a message to be written in place; without a copy into the ring.
     *
     * @param claim filled on success; must then be committed or aborted, whatever happens to the connection
     * @return as {@link #offer}
     * @throws IllegalArgumentException as {@link #offer}
     */
    long tryClaim(int length, MessageClaim claim);

    /**
     * Takes messages that have arrived, in order, and returns their credits to the sender.
     *
     * @param limit most messages to take, at least 1
     * @return how many were taken, or {@link #CLOSED} where the connection has ended and all were taken
     */
    int poll(MessageHandler handler, int limit);

    /**
     * Writes local memory to the peer's. The bytes must not change until the operation ended; the local region may be
     * released at once, its memory goes back to the pool no sooner.
     *
     * @param source local memory, from the transport's pool
     * @param target what the peer exposed with {@link Access#WRITE}
     * @param operationId handed to {@code handler}
     * @param handler told when the peer has acknowledged all bytes, or of the failure
     * @return as {@link #offer}, or {@link #STALE_REGION}
     * @throws IllegalArgumentException where a range is out of its region's bounds, the right was not given, or the
     *     region is of another pool
     * @throws IllegalStateException where {@code source} was released
     */
    long write(
            Region source,
            int sourceOffset,
            int length,
            RemoteRegion target,
            long targetOffset,
            long operationId,
            OperationHandler handler);

    /**
     * Reads the peer's memory into local memory; otherwise as {@link #write}.
     *
     * @param source what the peer exposed with {@link Access#READ}
     */
    long read(
            RemoteRegion source,
            long sourceOffset,
            Region target,
            int targetOffset,
            int length,
            long operationId,
            OperationHandler handler);

    /**
     * Exposes local memory to this connection's peer and to nobody else. Send it the descriptor in a message. The
     * exposure ends with {@link #revoke} or with the connection; until then the memory does not go back to the pool,
     * also when {@code region} is released.
     *
     * @param offset start within {@code region}; offset 0 of the descriptor
     * @param length bytes, at least 1
     * @throws TransportException {@code CLOSED} after the end, {@code BUSY} where too many are exposed
     * @throws IllegalArgumentException where the range is out of bounds, the region is of another pool, or {@code access}
     *     is {@link Access#NONE}
     * @throws IllegalStateException where {@code region} was released
     */
    RemoteRegion expose(Region region, int offset, int length, Access access) throws TransportException;

    /** Exposes all of {@code region}. */
    default RemoteRegion expose(Region region, Access access) throws TransportException {
        return expose(region, 0, region.length(), access);
    }

    /**
     * Withdraws an exposure made by {@link #expose}. The peer's operations that come later fail with {@code REVOKED};
     * its connection stays. Unknown and earlier revoked ones are ignored.
     *
     * @return completes when the peer can no longer touch the memory, within {@link TransportContext#operationTimeout()}:
     *     the connection fails where its peer does not let go
     */
    CompletableFuture<Void> revoke(RemoteRegion exposed);

    /**
     * Runs {@code action} once on the agent, when what the calling thread was answered {@link #BACK_PRESSURED} for last
     * may now succeed, or the connection has ended.
     */
    void whenWritable(Runnable action);

    /**
     * Sets who is told of messages and timers, and tells it of what already waits. It is told nothing once {@link
     * #closed()} completes; messages that still wait then can be polled.
     */
    void listener(ConnectionListener listener);

    /** Has {@link ConnectionListener#onTimer} called at or soon after a time of {@link #nanoClock()}. */
    void wakeAt(long deadlineNs);

    /** The transport's clock. */
    LongSupplier nanoClock();

    /**
     * Begins to close in order and returns at once: what was submitted is still carried out, within the drain timeout.
     * Idempotent; may be called at any time from any thread.
     */
    @Override
    void close();

    /**
     * Ends it at once, as failed for {@code cause}, and tells the peer: where what the peer sent is not what it should be,
     * such as a block whose {@link BlockDigest} is another's. Nothing where it has ended. May be called at any time from any
     * thread.
     */
    void fail(TransportException cause);

    /**
     * Completes with {@link ConnectionState#CLOSED} or {@link ConnectionState#FAILED} when the connection has ended, every
     * pending operation was told, and the listener of every message that had arrived; stages run on the agent.
     */
    CompletableFuture<ConnectionState> closed();

    /** Runs {@code action} once on the agent when {@link #closed()} completes, or now where it has. */
    default void whenClosed(Runnable action) {
        var unused = closed().thenRun(action);
    }
}
