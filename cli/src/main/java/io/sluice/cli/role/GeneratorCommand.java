// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import io.sluice.cli.Main;
import io.sluice.cli.command.Lifetime;
import io.sluice.cli.command.OpenResources;
import io.sluice.cli.config.ConfigDefaults;
import io.sluice.cli.config.HostPort;
import io.sluice.cli.load.LoadEvents;
import io.sluice.cli.load.LoadOptions;
import io.sluice.cli.load.LoadProgress;
import io.sluice.cli.load.LoadReport;
import io.sluice.cli.load.LoadRun;
import io.sluice.cli.load.ProgressView;
import io.sluice.cli.load.TraceFile;
import io.sluice.config.ConfigException;
import io.sluice.config.StoreConfiguration;
import io.sluice.config.TimeSpan;
import io.sluice.flush.generator.RegionMemoryPool;
import io.sluice.flush.generator.RemoteFlush;
import io.sluice.flush.generator.RemoteFlushSettings;
import io.sluice.flush.protocol.PeerRights;
import io.sluice.flush.protocol.ProtocolLimits;
import io.sluice.store.compaction.CompactionExecutorFactory;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import io.sluice.transport.RegionPool;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code ./sluice generator}. */
@Command(
        name = "generator",
        description = {
            "Open a store and run a load on it: write with many threads, flush, read everything back.",
            "Ends with exit code 0 only if nothing was missing or wrong. SIGTERM ends the writing early: what was"
                    + " written is flushed and reported, and not read back."
        },
        footer = {
            "",
            "Example: ./sluice generator --db hdfs://namenode:8020/sluice/db1 --memnodes 10.0.0.5:9091 \\",
            "           --listen 10.0.0.7:10089 --secret-file /etc/sluice/secret --num 10000000 \\",
            "           --tls-certificate-file generator-1.pem --tls-key-file generator-1.key --tls-ca-file ca.pem"
        })
public final class GeneratorCommand implements Callable<Integer>, ConfigDefaults.Configured {
    private static final long SHOW_INTERVAL_MS = 200;

    @Spec
    private CommandSpec spec;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Mixin
    private LoadOptions load = new LoadOptions();

    @Option(names = "--name", paramLabel = "NAME", description = "For logs; ${DEFAULT-VALUE}.")
    private String name = "generator-1";

    @Option(
            names = "--db",
            paramLabel = "URI",
            required = true,
            description = "The store's directory: a path, file:///…, or hdfs://…; made where it is missing.")
    private String db = "";

    @Option(
            names = "--memnodes",
            paramLabel = "HOST:PORT",
            split = ",",
            description = "Where memtables are shipped to; none for a store that flushes by itself.")
    private List<HostPort> memnodes = List.of();

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            description = "Where workers bring results, port 0 for any; ${DEFAULT-VALUE}.")
    private HostPort listen = new HostPort("127.0.0.1", 0);

    @Option(
            names = "--advertise",
            paramLabel = "HOST:PORT",
            description = "What workers dial instead, where --listen is not what they can reach.")
    private @Nullable HostPort advertise;

    @Option(
            names = "--connect-timeout",
            paramLabel = "TIME",
            description = "The longest wait for the first memnode at the start; ${DEFAULT-VALUE}.")
    private TimeSpan connectTimeout = new TimeSpan(Duration.ofSeconds(10));

    @Option(
            names = "--attempt-deadline",
            paramLabel = "TIME",
            description = "The longest that an attempt at a remote flush may take, up to 1h; ${DEFAULT-VALUE}.")
    private TimeSpan attemptDeadline = new TimeSpan(Duration.ofSeconds(60));

    @Option(
            names = "--urged-deadline",
            paramLabel = "TIME",
            description = "As --attempt-deadline, where writes are about to stop; ${DEFAULT-VALUE}.")
    private TimeSpan urgedDeadline = new TimeSpan(Duration.ofSeconds(5));

    @Option(
            names = "--compaction-executor",
            paramLabel = "NAME",
            description = "Where compactions go: the object of the namespace CompactionExecutorFactory in the file of"
                    + " --config, where that has several; one that is alone is taken. Without any the store is not"
                    + " compacted.")
    private @Nullable String compactionExecutor;

    @Option(
            names = "--trace",
            paramLabel = "FILE",
            description =
                    "Write the way of each flush with remote flush: one JSON object a line, with its steps, their times"
                            + " since the start of the flush, and what carried the data.")
    private @Nullable Path trace;

    @Option(names = "--json", description = "Print the report as one JSON object on stdout.")
    private boolean json;

    @Option(names = "--events", hidden = true)
    private boolean events;

    @Override
    public String namespace() {
        return "Generator";
    }

    @Override
    public String type() {
        return "Generator";
    }

    @Override
    public Integer call() throws Exception {
        load.validate(spec);
        checkDeadline("--attempt-deadline", attemptDeadline, Duration.ofMillis(1));
        checkDeadline("--urged-deadline", urgedDeadline, Duration.ZERO);
        if (listen.isLoopback() && advertise == null && !memnodes.stream().allMatch(HostPort::isLoopback)) {
            throw ConfigDefaults.error(
                    spec,
                    "--listen",
                    listen + " can't be reached by workers elsewhere: give an address of this machine on their network,"
                            + " or --advertise one");
        }
        if (trace != null && memnodes.isEmpty()) {
            throw ConfigDefaults.error(spec, "--trace", "needs --memnodes: it tells of flushes that can be remote");
        }
        if (cluster.withParent()) {
            Lifetime.endWithParent(System.in, () -> Runtime.getRuntime().halt(Main.FAILED));
        }
        CompactionExecutorFactory compactions = compactions();
        LoadReport report;
        try (OpenResources resources = new OpenResources()) {
            report = run(resources, compactions);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (events) {
            out.println(LoadEvents.report(report));
        } else if (json) {
            out.println(report.toJson());
        } else {
            out.println("sluice generator");
            report.print(out);
        }
        out.flush();
        return report.intact() ? 0 : Main.FAILED;
    }

    private void checkDeadline(String option, TimeSpan found, Duration shortest) {
        Duration longest = ProtocolLimits.MAX_DEADLINE;
        if (found.duration().compareTo(shortest) < 0 || found.duration().compareTo(longest) > 0) {
            throw ConfigDefaults.error(
                    spec,
                    option,
                    "expected " + new TimeSpan(shortest) + " to " + new TimeSpan(longest) + ", found " + found);
        }
    }

    private LoadReport run(OpenResources resources, @Nullable CompactionExecutorFactory compactions) throws Exception {
        RegionPool pool = resources.add(Pools.regions(load.memtableMemory(Pools.CHUNK_LENGTH)));
        RemoteFlush remote = memnodes.isEmpty() ? null : remoteFlush(resources, pool);
        if (remote != null && trace != null) {
            remote.onFlush(resources.add(TraceFile.create(trace))::add);
        }
        Storage storage = resources.add(Storages.open(db, Map.of()));
        LoadProgress progress = new LoadProgress();
        LoadRun run = new LoadRun(load, storage, new RegionMemoryPool(pool), remote, compactions, progress);
        FutureTask<LoadReport> task = new FutureTask<>(run::run);
        Thread thread = new Thread(task, "sluice-load");
        thread.start();
        try (ProgressView view = ProgressView.ofStderr();
                Lifetime.EarlyEnd ending = Lifetime.onSignal(run::stop, load.stopLimit())) {
            while (true) {
                try {
                    return task.get(SHOW_INTERVAL_MS, TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    show(progress, view);
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        } finally {
            thread.interrupt();
            thread.join();
        }
    }

    private @Nullable CompactionExecutorFactory compactions() {
        Path file = ConfigDefaults.file(spec);
        if (file != null) {
            try {
                return StoreConfiguration.load(file).compactionExecutorFactory(compactionExecutor);
            } catch (ConfigException e) {
                throw new ParameterException(spec.commandLine(), e.getMessage(), e);
            }
        }
        if (compactionExecutor != null) {
            throw ConfigDefaults.error(spec, "--compaction-executor", "needs --config: it names an object there");
        }
        return null;
    }

    private void show(LoadProgress progress, ProgressView view) {
        if (events) {
            spec.commandLine().getOut().println(LoadEvents.progress(progress));
            spec.commandLine().getOut().flush();
        } else {
            view.show(progress.phase(), progress.done(), progress.total());
        }
    }

    private RemoteFlush remoteFlush(OpenResources resources, RegionPool pool) throws Exception {
        List<HostPort> addresses = new ArrayList<>(memnodes);
        addresses.add(listen);
        RemoteFlushSettings defaults = RemoteFlushSettings.of(
                listen.resolve(), memnodes.stream().map(HostPort::toString).toList());
        RemoteFlushSettings settings = defaults.withTimes(
                defaults.heartbeatInterval(),
                defaults.callTimeout(),
                defaults.maxBackoff(),
                attemptDeadline.duration(),
                urgedDeadline.duration());
        if (advertise != null) {
            settings = settings.withAdvertised(advertise.toString());
        }
        return GeneratorLink.dial(
                resources,
                cluster.context(spec, PeerRights.GENERATOR, name, addresses, pool),
                settings,
                memnodes,
                connectTimeout.duration());
    }
}
