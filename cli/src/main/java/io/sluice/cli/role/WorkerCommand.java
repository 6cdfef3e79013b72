// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import io.sluice.cli.command.Lifetime;
import io.sluice.cli.command.OpenResources;
import io.sluice.cli.command.Ready;
import io.sluice.cli.config.ConfigDefaults;
import io.sluice.cli.config.HostPort;
import io.sluice.compaction.worker.CompactionWorker;
import io.sluice.config.ByteSize;
import io.sluice.flush.protocol.PeerRights;
import io.sluice.flush.worker.Worker;
import io.sluice.flush.worker.WorkerSettings;
import io.sluice.store.base.Comparators;
import io.sluice.store.storage.Storages;
import io.sluice.transport.RegionPool;
import io.sluice.transport.Transport;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ./sluice worker}. */
@Command(
        name = "worker",
        description = {
            "Build SSTs of the memtables that generators ship to memnodes, and with --http compact for stores.",
            "Prints \"ready NAME\" on stdout once a memnode knows it, and goes on dialling those that do not answer; with"
                    + " --http, \"ready NAME URL\". SIGTERM stops it in order, with exit code 0."
        },
        footer = {
            "",
            "Example: ./sluice worker --name w1 --memnodes 10.0.0.5:9091 --storage-roots hdfs://namenode:8020/sluice \\",
            "           --secret-file /etc/sluice/secret \\",
            "           --tls-certificate-file w1.pem --tls-key-file w1.key --tls-ca-file ca.pem"
        })
public final class WorkerCommand implements Callable<Integer>, ConfigDefaults.Configured {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Option(names = "--name", paramLabel = "NAME", description = "Unique in the cluster; ${DEFAULT-VALUE}.")
    private String name = "worker-1";

    @Option(
            names = "--memnodes",
            paramLabel = "HOST:PORT",
            split = ",",
            description = "Where it registers; needed unless --listen or --http is given.")
    private List<HostPort> memnodes = List.of();

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            description = "Where memnodes may invite it; by default nowhere.")
    private @Nullable HostPort listen;

    @Option(names = "--slots", paramLabel = "N", description = "Jobs at a time; ${DEFAULT-VALUE}.")
    private int slots = 2;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description = "For the memtables of the jobs under way, taken at the start; ${DEFAULT-VALUE}.")
    private ByteSize memory = new ByteSize(256 << 20);

    @Option(
            names = "--storage-roots",
            paramLabel = "URI",
            split = ",",
            description = "Below which it may write, such as hdfs://namenode:8020/sluice; by default anywhere.")
    private List<String> storageRoots = List.of();

    @Mixin
    private HttpOptions http = new HttpOptions();

    @Override
    public String namespace() {
        return "Worker";
    }

    @Override
    public String type() {
        return "FlushWorker";
    }

    @Override
    public Map<String, String> environment() {
        return HttpOptions.ENVIRONMENT;
    }

    @Override
    public Integer call() throws Exception {
        boolean flushes = !memnodes.isEmpty() || listen != null;
        if (!flushes && !http.isWanted()) {
            throw ConfigDefaults.error(
                    spec, "--memnodes", "missing: name at least one memnode, or give --listen or --http");
        }
        if (slots < 1 || slots > 1024) {
            throw ConfigDefaults.error(spec, "--slots", "expected 1 to 1024, found " + slots);
        }
        if (memory.bytes() < Pools.CHUNK_LENGTH) {
            throw ConfigDefaults.error(spec, "--memory", "expected at least " + Pools.CHUNK_LENGTH);
        }
        try (OpenResources resources = new OpenResources()) {
            String where = name;
            CompletionStage<Void> stopRequest = new CompletableFuture<>();
            if (http.isWanted()) {
                CompactionWorker compactions =
                        http.start(resources, spec, name, hostName(), storageRoots, cluster.tls());
                stopRequest = compactions.stopRequest();
                where += " " + compactions.url();
            }
            if (flushes) {
                sayReadyOnceRegistered(startFlushes(resources), where);
            } else {
                Ready.say(spec.commandLine().getOut(), where);
            }
            return Lifetime.run(resources, cluster.withParent(), stopRequest);
        }
    }

    private Worker startFlushes(OpenResources resources) throws Exception {
        List<HostPort> addresses = new ArrayList<>(memnodes);
        if (listen != null) {
            addresses.add(listen);
        }
        WorkerSettings settings = WorkerSettings.of(
                        name,
                        hostName(),
                        memnodes.stream().map(HostPort::toString).toList())
                .withSlots(slots)
                .withAllowedRoots(storageRoots);
        if (listen != null) {
            settings = settings.withListen(listen.resolve());
        }
        RegionPool pool = resources.add(Pools.regions(memory.bytes()));
        Transport transport =
                resources.add(ClusterOptions.open(cluster.context(spec, PeerRights.WORKER, name, addresses, pool)));
        MemnodeProbe.refuseWrongSecret(transport, memnodes);
        return resources.add(Worker.start(
                settings,
                transport,
                pool,
                uri -> Storages.open(uri, Map.of()),
                Comparators.BUILT_IN,
                System::nanoTime));
    }

    private void sayReadyOnceRegistered(Worker worker, String where) {
        CompletableFuture<String> serving =
                memnodes.isEmpty() ? CompletableFuture.completedFuture(name) : worker.registered();
        var unused = serving.thenRun(() -> Ready.say(spec.commandLine().getOut(), where));
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }
}
