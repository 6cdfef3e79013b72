// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static io.sluice.flush.scenario.Cluster.address;
import static io.sluice.flush.scenario.Cluster.generatorSettings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.flush.generator.UnreachableException;
import io.sluice.flush.memnode.Memnode;
import io.sluice.flush.protocol.Addresses;
import io.sluice.flush.protocol.AttemptToken;
import io.sluice.flush.protocol.FlushMessage;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.Heartbeat;
import io.sluice.flush.protocol.FlushMessage.JobLost;
import io.sluice.flush.protocol.FlushMessage.RegisterWorker;
import io.sluice.flush.protocol.MemnodeLink;
import io.sluice.flush.protocol.MemnodeLink.LinkTimes;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.flush.worker.Worker;
import io.sluice.store.flush.FlushJob;
import io.sluice.store.memtable.SealedMemtable;
import io.sluice.store.sst.TableOptions;
import io.sluice.transport.Connection;
import io.sluice.transport.RegionPool;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whoever listens where another role was looked for is told nothing, though it has the cluster's secret. */
@Timeout(60)
class PeerRolesTest {
    private static final String CODE = "transport.peer.role";

    private final Cluster cluster = new Cluster();
    private final BlockingQueue<FlushMessage> heard = new LinkedBlockingQueue<>();
    private final BlockingQueue<Connection> accepted = new LinkedBlockingQueue<>();

    @TempDir
    Path directory;

    PeerRolesTest() {}

    @AfterEach
    void close() throws Exception {
        cluster.close();
    }

    /** Somebody with that role listens, and takes whatever it hears; where. */
    private String impostor(String role) throws Exception {
        Transport transport = transport(role);
        return Addresses.format(transport
                .listen(Cluster.loopback(0), connection -> {
                    accepted.add(connection);
                    MessageEndpoint.attach(
                            connection,
                            (from, message, reply) -> {
                                heard.add(message);
                                reply.send(new Ack());
                            },
                            Runnable::run);
                })
                .address());
    }

    private Transport transport(String role) throws Exception {
        RegionPool pool = new RegionPool(Cluster.CHUNK, Cluster.CHUNK);
        Transport transport = Cluster.transport(role, "played", pool);
        cluster.keep(() -> {
            transport.close();
            pool.close();
        });
        return transport;
    }

    @Test
    void shouldNotTakeAWorkerForAMemnodeThatIsLookedFor() throws Exception {
        Cluster.Generator generator = cluster.generator(generatorSettings(List.of(impostor("worker"))));
        assertThatThrownBy(() ->
                        generator.remote().reachMemnode(Duration.ofHours(1)).get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        UnreachableException.class,
                        e -> assertThat(e.failure().code()).isEqualTo(CODE));
        assertThat(heard).isEmpty();
    }

    @Test
    void shouldNotRegisterAtAGenerator() throws Exception {
        ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
        cluster.keep(scheduler::shutdownNow);
        MemnodeLink link = new MemnodeLink(
                impostor("generator"),
                transport("worker"),
                scheduler,
                new Registering(),
                new LinkTimes(Duration.ofMillis(100), Duration.ofSeconds(10), Duration.ofMillis(200)));
        cluster.keep(link);
        link.start();
        await().until(() -> link.lastFailure().contains(CODE));
        assertThat(link.session()).isNull();
        assertThat(heard).isEmpty();
    }

    /** Registers as a worker. */
    private static final class Registering implements MemnodeLink.Owner {
        @Override
        public FlushMessage registration() {
            return new RegisterWorker("w1", 1);
        }

        @Override
        public Heartbeat heartbeat(MessageEndpoint memnode) {
            return new Heartbeat(0, 0, 0);
        }

        @Override
        public MessageEndpoint.Handler handler() {
            return (from, message, reply) -> reply.send(new Ack());
        }
    }

    @Test
    void shouldNotInviteAMemnode() throws Exception {
        Cluster.Running<Memnode> memnode = cluster.memnode("m1", 1L << 20);
        assertThatThrownBy(() -> memnode.role().addWorker(impostor("memnode")).get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        TransportException.class, e -> assertThat(e.code()).isEqualTo(CODE));
        assertThat(heard).isEmpty();
    }

    @Test
    void shouldNotShowAnAttemptsTokenToWhoIsNoGenerator() throws Exception {
        Cluster.Running<Memnode> memnode = cluster.memnode("m1", 8L << 20);
        Cluster.Running<Worker> worker = cluster.worker("w1", memnode);
        worker.role().registered().get(20, TimeUnit.SECONDS);
        PlayedGenerator generator = cluster.keep(new PlayedGenerator(address(memnode), true));
        Jobs jobs = cluster.keep(new Jobs(directory));
        SealedMemtable memtable =
                jobs.memtable(1, cluster.generator(generatorSettings(List.of())).memory(), "key", 100);
        cluster.keep(memtable::release);
        FlushJob job = jobs.job(12, TableOptions.DEFAULT, List.of(memtable));
        generator.submit(generator.place(), new AttemptToken(5, 6), job, impostor("worker"));
        assertThat(generator.next()).isInstanceOf(JobLost.class);
        assertThat(accepted.poll(20, TimeUnit.SECONDS)).isNotNull();
        assertThat(heard).isEmpty();
    }
}
