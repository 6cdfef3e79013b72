// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import io.sluice.flush.generator.RegionMemoryPool;
import io.sluice.flush.generator.RemoteFlush;
import io.sluice.flush.generator.RemoteFlushSettings;
import io.sluice.flush.memnode.Memnode;
import io.sluice.flush.memnode.MemnodeSettings;
import io.sluice.flush.placement.LoadLimits;
import io.sluice.flush.protocol.Addresses;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushTask;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.flush.protocol.NameLookup;
import io.sluice.flush.worker.StorageOpener;
import io.sluice.flush.worker.Worker;
import io.sluice.flush.worker.WorkerSettings;
import io.sluice.store.base.Comparators;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.storage.Storages;
import io.sluice.transport.Connection;
import io.sluice.transport.RegionPool;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.tcp.TcpTransport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** Roles on this machine, over real TCP where nothing else is said; closed in reverse order of their start. */
final class Cluster implements AutoCloseable {
    static final int CHUNK = 64 * 1024;
    static final Map<String, KeyComparator> COMPARATORS = Comparators.BUILT_IN;

    private static final byte[] SECRET = "a secret of the tests alone".getBytes(StandardCharsets.UTF_8);

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Opener opener;

    /** Opens a role's transport. */
    @FunctionalInterface
    interface Opener {
        Transport open(TransportContext context) throws IOException;
    }

    Cluster() {
        this(TcpTransport::open);
    }

    Cluster(Opener opener) {
        this.opener = opener;
    }

    /** A role with its transport: {@link #kill} ends it as a crash would, without a word. */
    record Running<T extends AutoCloseable>(T role, Transport transport, RegionPool pool) implements AutoCloseable {
        /** The peers see broken connections; the role itself learns nothing. */
        void kill() {
            transport.close();
        }

        @Override
        public void close() throws Exception {
            role.close();
            transport.close();
            pool.close();
        }
    }

    static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** The transport of one who plays a role, over TCP. */
    static Transport transport(String role, String name, RegionPool pool) throws IOException {
        return TcpTransport.open(context(role, name, pool));
    }

    static TransportContext context(String role, String name, RegionPool pool) {
        return new TransportContext()
                .secret(SECRET)
                .role(role)
                .name(name)
                .regionPool(pool)
                .drainTimeout(Duration.ofMillis(200));
    }

    Running<Memnode> memnode(String id, long capacity) throws IOException {
        return memnode(id, capacity, 0);
    }

    /** Jobs alone decide the load: what was written in the seconds before would make placement a matter of luck. */
    Running<Memnode> memnode(String id, long capacity, int port) throws IOException {
        MemnodeSettings settings = MemnodeSettings.of(id, loopback(port))
                .withLimits(new LoadLimits(Long.MAX_VALUE, 32))
                .withTimes(
                        Duration.ofMillis(1000),
                        Duration.ofMillis(50),
                        Duration.ofMillis(300),
                        Duration.ofMillis(1000),
                        Duration.ofMillis(100));
        return memnode(settings, capacity);
    }

    Running<Memnode> memnode(MemnodeSettings settings, long capacity) throws IOException {
        RegionPool pool = new RegionPool(CHUNK, capacity);
        Transport transport = opener.open(context("memnode", settings.id(), pool));
        return keep(new Running<>(Memnode.start(settings, transport, pool, System::nanoTime), transport, pool));
    }

    static String address(Running<Memnode> memnode) {
        return Addresses.format(memnode.role().address());
    }

    static List<String> addresses(List<Running<Memnode>> memnodes) {
        return memnodes.stream().map(Cluster::address).toList();
    }

    static WorkerSettings workerSettings(String id, List<String> memnodes) {
        return WorkerSettings.of(id, "test-host", memnodes)
                .withTimes(
                        Duration.ofMillis(100),
                        Duration.ofMillis(1000),
                        Duration.ofMillis(200),
                        Duration.ofMillis(1000));
    }

    Running<Worker> worker(String id, Running<Memnode> memnode) throws IOException {
        return worker(workerSettings(id, List.of(address(memnode))), uri -> Storages.open(uri, Map.of()), 8L << 20);
    }

    Running<Worker> worker(WorkerSettings settings, StorageOpener storages, long capacity) throws IOException {
        return worker(settings, storages, capacity, UnaryOperator.identity());
    }

    /** @param tap what the worker gets instead of its transport */
    Running<Worker> worker(WorkerSettings settings, StorageOpener storages, long capacity, UnaryOperator<Transport> tap)
            throws IOException {
        RegionPool pool = new RegionPool(CHUNK, capacity);
        Transport transport = opener.open(context("worker", settings.id(), pool));
        return keep(new Running<>(
                Worker.start(settings, tap.apply(transport), pool, storages, COMPARATORS, System::nanoTime),
                transport,
                pool));
    }

    static RemoteFlushSettings generatorSettings(List<String> memnodes) {
        return RemoteFlushSettings.of(loopback(0), memnodes)
                .withTimes(
                        Duration.ofMillis(100),
                        Duration.ofMillis(1000),
                        Duration.ofMillis(200),
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(15));
    }

    Generator generator(RemoteFlushSettings settings) throws IOException {
        return generator(settings, UnaryOperator.identity(), NameLookup.SYSTEM);
    }

    /** @param tap what the generator gets instead of its transport */
    Generator generator(RemoteFlushSettings settings, UnaryOperator<Transport> tap, NameLookup names)
            throws IOException {
        RegionPool pool = new RegionPool(CHUNK, 32L << 20);
        Transport transport = opener.open(context("generator", "generator", pool));
        RemoteFlush remote = RemoteFlush.start(settings, tap.apply(transport), System::nanoTime, names);
        Running<RemoteFlush> running = keep(new Running<>(remote, transport, pool));
        return new Generator(running, new RegionMemoryPool(pool));
    }

    /** A worker's connection to the generator of a task, whom a test speaks for. */
    MessageEndpoint dial(FlushTask task) throws Exception {
        RegionPool pool = new RegionPool(CHUNK, CHUNK);
        Transport transport = transport("worker", "played", pool);
        keep(() -> {
            transport.close();
            pool.close();
        });
        Connection connection =
                transport.connect(Addresses.parse(task.callback())).get(10, TimeUnit.SECONDS);
        return MessageEndpoint.attach(connection, (from, message, reply) -> reply.send(new Ack()), Runnable::run);
    }

    /** A generator's half of the options of a store. */
    record Generator(Running<RemoteFlush> running, RegionMemoryPool memory) {
        RemoteFlush remote() {
            return running.role();
        }
    }

    <T extends AutoCloseable> T keep(T closeable) {
        open.push(closeable);
        return closeable;
    }

    @Override
    public void close() throws Exception {
        List<Exception> failures = new ArrayList<>();
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                failures.add(e);
            }
        }
        if (!failures.isEmpty()) {
            throw failures.get(0);
        }
    }
}
