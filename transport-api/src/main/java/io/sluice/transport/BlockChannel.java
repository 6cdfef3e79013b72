// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Moves blocks of any length by one-sided operations of bounded length, several under way at a time, so that one
 * block neither holds up a connection's messages for long nor waits for each acknowledgement. Waits out back-pressure
 * without a thread. Safe for concurrent use.
 */
public final class BlockChannel {
    private final Connection connection;
    private final int chunkLength;
    private final int inFlight;

    /**
     * Creates a channel over a connection, which the caller keeps and closes.
     *
     * @param chunkLength bytes of an operation, 4 KiB to 64 MiB; 1 to 4 MiB do well
     * @param inFlight operations of one block under way at a time, at least 1; 2 to 8 do well
     */
    public BlockChannel(Connection connection, int chunkLength, int inFlight) {
        if (chunkLength < 4096 || chunkLength > 64 << 20 || inFlight < 1) {
            throw new IllegalArgumentException("chunkLength=" + chunkLength + " inFlight=" + inFlight
                    + ", expected 4096 to 67108864 and at least 1");
        }
        this.connection = connection;
        this.chunkLength = chunkLength;
        this.inFlight = inFlight;
    }

    /** One operation of a block. */
    private interface Chunk {
        long submit(int from, int length, OperationHandler handler);
    }

    /**
     * Writes local memory to the peer's. Keep {@code source} and its bytes until the result is there.
     *
     * @return completes on the agent when the peer acknowledged every byte, or exceptionally with a
     *     {@link TransportException} when no operation of this block is under way any more
     */
    public CompletableFuture<Void> write(
            Region source, int sourceOffset, int length, RemoteRegion target, long targetOffset) {
        return new Transfer(
                        length,
                        (from, bytes, handler) -> connection.write(
                                source, sourceOffset + from, bytes, target, targetOffset + from, from, handler))
                .start();
    }

    /** Reads the peer's memory into local memory; otherwise as {@link #write}. */
    public CompletableFuture<Void> read(
            RemoteRegion source, long sourceOffset, Region target, int targetOffset, int length) {
        return new Transfer(
                        length,
                        (from, bytes, handler) -> connection.read(
                                source, sourceOffset + from, target, targetOffset + from, bytes, from, handler))
                .start();
    }

    /**
     * As {@link #write}, and reads the source's bytes once more, on the calling thread, for their checksum.
     *
     * @return completes with the block's digest: tell it, in a message, to whoever will use the block, who {@link
     *     #checkWritten checks} it. Over RDMA there is no other checksum on the way
     */
    public CompletableFuture<BlockDigest> writeChecked(
            Region source, int sourceOffset, int length, RemoteRegion target, long targetOffset) {
        CompletableFuture<Void> written = write(source, sourceOffset, length, target, targetOffset);
        BlockDigest digest = BlockDigest.of(source, sourceOffset, length, targetOffset);
        return written.thenApply(done -> digest);
    }

    /**
     * Reads the block of a digest that the peer told, and checks it. Use no byte of it before the result is there.
     *
     * @param checker computes the checksum; not the agent's thread, if blocks are long
     * @return as {@link #read}; with {@code PROTOCOL} and {@code transport.block.crc} where the bytes are others, {@code
     *     transport.block.digest} where there can be no such block: the connection has then failed too
     */
    public CompletableFuture<Void> readChecked(
            RemoteRegion source, BlockDigest digest, Region target, int targetOffset, Executor checker) {
        return checked(() -> {
                    digest.checkRoom(digest.offset(), source.length());
                    digest.checkRoom(targetOffset, target.length());
                })
                .thenCompose(known -> read(source, digest.offset(), target, targetOffset, digest.length()))
                .thenComposeAsync(done -> checked(() -> digest.check(target, targetOffset)), checker);
    }

    /**
     * Checks a block that the peer wrote to this side's memory, and told the digest of. On the calling thread.
     *
     * @param exposed what was exposed to the peer
     * @param exposedOffset from where on
     * @throws TransportException {@code PROTOCOL}, with {@code transport.block.crc} where the bytes are others, {@code
     *     transport.block.digest} where there can be no such block: the connection has then failed too
     */
    public void checkWritten(BlockDigest digest, Region exposed, int exposedOffset) throws TransportException {
        try {
            digest.check(exposed, exposedOffset + digest.offset());
        } catch (TransportException e) {
            connection.fail(e);
            throw e;
        }
    }

    /** A check of what the peer sent. */
    private interface Check {
        void run() throws TransportException;
    }

    private CompletableFuture<Void> checked(Check check) {
        try {
            check.run();
            return CompletableFuture.completedFuture(null);
        } catch (TransportException e) {
            connection.fail(e);
            return CompletableFuture.failedFuture(e);
        }
    }

    private final class Transfer implements OperationHandler {
        private final CompletableFuture<Void> result = new CompletableFuture<>();
        private final int length;
        private final Chunk chunk;

        @GuardedBy("this")
        private int next;

        @GuardedBy("this")
        private int flying;

        @GuardedBy("this")
        private boolean allSubmitted;

        /** Whether it is to be told when more can be submitted. */
        @GuardedBy("this")
        private boolean waiting;

        @GuardedBy("this")
        private @Nullable Exception cause;

        Transfer(int length, Chunk chunk) {
            this.length = length;
            this.chunk = chunk;
        }

        CompletableFuture<Void> start() {
            pump();
            return result;
        }

        private void onWritable() {
            synchronized (this) {
                waiting = false;
            }
            pump();
        }

        private void pump() {
            boolean ended;
            Exception failure;
            synchronized (this) {
                submitWhatFits();
                ended = flying == 0 && (allSubmitted || cause != null);
                failure = cause;
            }
            if (ended && failure != null) {
                result.completeExceptionally(failure);
            } else if (ended) {
                result.complete(null);
            }
        }

        @GuardedBy("this")
        private void submitWhatFits() {
            while (!allSubmitted && cause == null && flying < inFlight) {
                int bytes = Math.min(chunkLength, length - next);
                long code = submit(bytes);
                if (code == Connection.BACK_PRESSURED) {
                    if (!waiting) {
                        waiting = true;
                        connection.whenWritable(this::onWritable);
                    }
                    return;
                }
                if (code >= 0) {
                    flying++;
                    next += bytes;
                    allSubmitted = next >= length;
                }
            }
        }

        @GuardedBy("this")
        private long submit(int bytes) {
            try {
                long code = chunk.submit(next, bytes, this);
                if (code == Connection.CLOSED) {
                    cause = new TransportException(
                            TransportException.Kind.CLOSED,
                            "transport.block.closed",
                            "connection closed after " + next + " of " + length + " bytes were submitted",
                            connection.failure());
                } else if (code == Connection.STALE_REGION) {
                    cause = new TransportException(
                            TransportException.Kind.ACCESS_DENIED,
                            "transport.region.stale",
                            "the remote region belongs to another connection: ask the peer for a new one");
                }
                return code;
            } catch (IllegalArgumentException | IllegalStateException e) {
                cause = e;
                return Connection.CLOSED;
            }
        }

        @Override
        public void onComplete(long operationId, @Nullable TransportException failure) {
            synchronized (this) {
                flying--;
                if (failure != null && cause == null) {
                    cause = failure;
                }
            }
            pump();
        }
    }
}
