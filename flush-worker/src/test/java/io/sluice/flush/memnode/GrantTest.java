// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import static io.sluice.flush.memnode.PlayedCluster.CHUNK;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.flush.memnode.PlayedCluster.Peer;
import io.sluice.flush.protocol.FlushMessage.Allocate;
import io.sluice.flush.protocol.FlushMessage.AssignJob;
import io.sluice.flush.protocol.FlushMessage.Granted;
import io.sluice.flush.protocol.FlushMessage.JobAssigned;
import io.sluice.flush.protocol.FlushMessage.Place;
import io.sluice.flush.protocol.FlushMessage.Placed;
import io.sluice.flush.protocol.FlushMessage.SubmitJob;
import io.sluice.store.base.Slice;
import io.sluice.transport.Connection;
import io.sluice.transport.ConnectionState;
import io.sluice.transport.Region;
import io.sluice.transport.RemoteRegion;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who may do what with lent memory, and until when. */
class GrantTest {
    private PlayedCluster cluster;
    private Peer generator;
    private Peer worker;
    private Region local;

    @BeforeEach
    void open() throws Exception {
        cluster = new PlayedCluster(16);
        generator = cluster.generator("db");
        worker = cluster.worker("w1");
        local = Objects.requireNonNull(cluster.peerPool.tryAcquire(CHUNK));
    }

    @AfterEach
    void close() {
        local.release();
        cluster.close();
    }

    /** How a write of one byte ended: null where it was done. */
    private @Nullable TransportException write(RemoteRegion target, int value) throws Exception {
        local.buffer().putByte(0, (byte) value);
        CompletableFuture<@Nullable TransportException> ended = new CompletableFuture<>();
        Connection connection = generator.endpoint.connection();
        assertThat(connection.write(local, 0, 1, target, 0, 1, (id, cause) -> ended.complete(cause)))
                .isNotNegative();
        cluster.settle();
        return ended.getNow(new TransportException(Kind.TIMED_OUT, "test", "the write did not end"));
    }

    @Test
    void shouldLetTheOwnerWriteUntilItSubmitsAndTheWorkerReadThen() throws Exception {
        Granted granted = generator.call(new Allocate(1, List.of(CHUNK)), Granted.class);
        RemoteRegion writable = RemoteRegion.decode(granted.regions().get(0).buffer(), 0);
        assertThat(write(writable, 5)).isNull();
        Placed placed = generator.call(new Place(60_000, 0, 1000, List.of()), Placed.class);
        var unused = generator.ask(
                new SubmitJob(placed.assignmentId(), 60_000, List.of(1L), Slice.utf8("task")), JobAssigned.class);
        AssignJob job = worker.next(AssignJob.class);
        TransportException late = Objects.requireNonNull(write(writable, 6));
        assertThat(late.kind()).isEqualTo(Kind.REVOKED);
        assertThat(generator.endpoint.connection().state()).isEqualTo(ConnectionState.ACTIVE);

        RemoteRegion readable = RemoteRegion.decode(job.regions().get(0).buffer(), 0);
        CompletableFuture<Byte> read = new CompletableFuture<>();
        worker.endpoint
                .connection()
                .read(
                        readable,
                        0,
                        local,
                        0,
                        1,
                        2,
                        (id, cause) -> read.complete(local.buffer().getByte(0)));
        cluster.settle();
        assertThat(read.getNow((byte) 0)).isEqualTo((byte) 5);
    }
}
