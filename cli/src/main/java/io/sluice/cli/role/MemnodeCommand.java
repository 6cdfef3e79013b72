// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import io.sluice.cli.command.Lifetime;
import io.sluice.cli.command.OpenResources;
import io.sluice.cli.command.Ready;
import io.sluice.cli.config.ConfigDefaults;
import io.sluice.cli.config.HostPort;
import io.sluice.config.ByteSize;
import io.sluice.config.TimeSpan;
import io.sluice.flush.memnode.Memnode;
import io.sluice.flush.memnode.MemnodeSettings;
import io.sluice.transport.RegionPool;
import io.sluice.transport.Transport;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ./sluice memnode}. */
@Command(
        name = "memnode",
        description = {
            "Lend memory to generators, hold the memtables that they ship, and place their flushes on workers.",
            "Prints \"ready HOST:PORT\" on stdout once it serves. SIGTERM stops it in order, with exit code 0."
        },
        footer = {
            "",
            "Example: ./sluice memnode --listen 10.0.0.5:9091 --memory 4GiB --secret-file /etc/sluice/secret \\",
            "           --tls-certificate-file memnode-1.pem --tls-key-file memnode-1.key --tls-ca-file ca.pem"
        })
public final class MemnodeCommand implements Callable<Integer>, ConfigDefaults.Configured {
    private static final long MAX_MEMORY = 1L << 42;
    private static final int MAX_TENANTS = 63;

    @Spec
    private CommandSpec spec;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Mixin
    private LoadLimitOptions limits = new LoadLimitOptions();

    @Option(names = "--name", paramLabel = "NAME", description = "Unique in the cluster; ${DEFAULT-VALUE}.")
    private String name = "memnode-1";

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            description = "Where generators and workers reach it, port 0 for any; ${DEFAULT-VALUE}.")
    private HostPort listen = new HostPort("127.0.0.1", 9091);

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description = "What it lends at most, taken at the start; ${DEFAULT-VALUE}.")
    private ByteSize memory = new ByteSize(1 << 30);

    @Option(
            names = "--tenants",
            paramLabel = "NAME",
            split = ",",
            description =
                    "Generators, by name, that get memory of their own: each an equal part of --memory, all others"
                            + " one more together. Over RDMA, where keys can be guessed, none reaches another's; by default there"
                            + " is one part.")
    private List<String> tenants = List.of();

    @Option(
            names = "--worker-timeout",
            paramLabel = "TIME",
            description = "Silence after which a worker counts as dead; ${DEFAULT-VALUE}.")
    private TimeSpan workerTimeout = new TimeSpan(Duration.ofMillis(2500));

    @Option(
            names = "--generator-grace",
            paramLabel = "TIME",
            description = "How long the memtables of a generator that is gone are kept; ${DEFAULT-VALUE}.")
    private TimeSpan generatorGrace = new TimeSpan(Duration.ofSeconds(10));

    @Override
    public String namespace() {
        return "Memnode";
    }

    @Override
    public String type() {
        return "Memnode";
    }

    /** What the options say, checked. */
    MemnodeSettings settings() {
        if (memory.bytes() < Pools.CHUNK_LENGTH || memory.bytes() > MAX_MEMORY) {
            throw ConfigDefaults.error(
                    spec,
                    "--memory",
                    "expected " + Pools.CHUNK_LENGTH + " to " + MAX_MEMORY + " bytes, found " + memory);
        }
        if (workerTimeout.duration().toMillis() < 1000) {
            throw ConfigDefaults.error(
                    spec, "--worker-timeout", "expected at least 1s: workers send a heartbeat every 500ms");
        }
        if (tenants.size() > MAX_TENANTS || Set.copyOf(tenants).size() < tenants.size()) {
            throw ConfigDefaults.error(
                    spec, "--tenants", "expected at most " + MAX_TENANTS + " names, each once, found " + tenants);
        }
        if (memory.bytes() / (tenants.size() + 1) < Pools.CHUNK_LENGTH) {
            throw ConfigDefaults.error(
                    spec,
                    "--memory",
                    "expected at least " + Pools.CHUNK_LENGTH + " bytes for each of " + (tenants.size() + 1)
                            + " parts");
        }
        MemnodeSettings defaults = MemnodeSettings.of(name, listen.resolve()).withTenants(tenants);
        return defaults.withLimits(limits.limits(spec))
                .withTimes(
                        workerTimeout.duration(),
                        defaults.checkInterval(),
                        generatorGrace.duration(),
                        defaults.callTimeout(),
                        defaults.drainTimeout());
    }

    @Override
    public Integer call() throws Exception {
        MemnodeSettings settings = settings();
        try (OpenResources resources = new OpenResources()) {
            RegionPool pool = resources.add(Pools.regions(memory.bytes(), tenants.size() + 1));
            Transport transport = resources.add(
                    ClusterOptions.open(cluster.memnodeContext(spec, name, List.of(listen), pool, tenants)));
            Memnode memnode = resources.add(Memnode.start(settings, transport, pool, System::nanoTime));
            Ready.say(spec.commandLine().getOut(), HostPort.of(memnode.address()));
            return Lifetime.run(resources, cluster.withParent());
        }
    }
}
