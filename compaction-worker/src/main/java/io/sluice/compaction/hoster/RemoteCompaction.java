// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.compaction.document.HosterDocument;
import io.sluice.compaction.web.StoreView;
import io.sluice.config.ConfigException;
import io.sluice.config.ConfigValue;
import io.sluice.config.SecretFile;
import io.sluice.store.base.StoreException;
import io.sluice.store.compaction.CompactionContext;
import io.sluice.store.compaction.CompactionExecutor;
import io.sluice.store.compaction.CompactionExecutorFactory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remote compaction of a process that embeds stores: give it to the options of each as the factory of its compaction
 * executor. Stores that share one also share what is known of the workers. In a configuration file it is an object of the
 * class {@code RemoteCompaction} in the namespace {@code CompactionExecutorFactory}, or {@code DcompactEtcd}, as it is
 * called where it comes from.
 *
 * <p>Safe for concurrent use. Needs no closing: threads belong to the executors, which the stores close; what it serves over
 * HTTP at {@code web_listen} begins with the first store that is opened and ends with the last one that is closed.
 */
public final class RemoteCompaction implements CompactionExecutorFactory {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteCompaction.class);

    private volatile RemoteCompactionSettings settings;
    private final LongSupplier nanoClock;
    private final WorkerClient client;
    private final Alerts alerts;
    private final WorkerList workers;
    private final Counters counters = new Counters();
    private final Books books;
    private final ChangeLog changes = new ChangeLog(InstantSource.system());

    /** Held while the server starts or stops, never by its requests. */
    private final Object serving = new Object();

    /** Those of the stores that are open; replaced with the lock held. */
    private volatile List<RemoteCompactionExecutor> open = List.of();

    private volatile @Nullable StoreServer server;

    /**
     * Remote compaction over HTTP.
     *
     * @throws ConfigException where a file with the secret, a certificate or a key can't be used
     */
    public RemoteCompaction(RemoteCompactionSettings settings) {
        this(
                settings,
                new HttpWorkerClient(WorkerTls.client(settings), secret(settings)),
                HttpClient.newBuilder().connectTimeout(settings.httpTimeout()).build(),
                System::nanoTime);
    }

    RemoteCompaction(RemoteCompactionSettings settings, WorkerClient client, HttpClient http, LongSupplier nanoClock) {
        this.settings = settings;
        this.nanoClock = nanoClock;
        this.client = client;
        this.alerts = new Alerts(settings, http, nanoClock);
        this.books = new Books(nanoClock);
        this.workers = new WorkerList(settings.httpWorkers(), settings.loadBalance(), nanoClock);
    }

    private static @Nullable String secret(RemoteCompactionSettings settings) {
        String secret = read(settings.secretFile());
        if (secret != null
                && settings.httpWorkers().stream()
                        .anyMatch(worker -> "http".equalsIgnoreCase(worker.url().getScheme()))) {
            LOG.warn(
                    "the secret goes to {} unencrypted: use https where the network is not trusted",
                    settings.httpWorkers());
        }
        return secret;
    }

    private static @Nullable String read(String secretFile) {
        return secretFile.isEmpty() ? null : new String(SecretFile.read(Path.of(secretFile)), UTF_8);
    }

    /** The settings. */
    public RemoteCompactionSettings settings() {
        return settings;
    }

    /**
     * Changes a parameter while stores are open: it holds for the next job of each.
     *
     * @param value as in a JSON file, such as {@code ["http://worker1:8080"]}; a text needs no quotation marks
     * @param who asks for it, for the log
     * @throws ConfigException where there is no such parameter, the value is wrong, or it can't be changed now
     */
    public void set(String parameter, String value, String who) {
        change(Parameters.change(parameter, value), who);
    }

    /** Changes several parameters, or none where one of them can't be. */
    synchronized void change(ConfigValue asked, String who) {
        RemoteCompactionSettings before = settings;
        RemoteCompactionSettings changed = Parameters.with(before, asked);
        workers.change(changed.httpWorkers(), changed.loadBalance());
        settings = changed;
        Map<String, Object> old = Parameters.values(before, true);
        Parameters.values(changed, true).forEach((name, value) -> {
            if (asked.entries().containsKey(name)) {
                changes.add(who, name, old.get(name), value);
            }
        });
    }

    /** The latest changes of parameters, oldest first, a line each: when, who, what, from what, to what. */
    public List<String> changes() {
        return changes.lines();
    }

    /** Where parameters and pages are served, or null: while no store is open, and without {@code web_listen}. */
    public @Nullable String webUrl() {
        StoreServer running = server;
        return running == null ? null : running.url();
    }

    /** What was done so far. */
    public RemoteCompactionStatistics statistics() {
        return counters.snapshot();
    }

    /**
     * Makes the executor of one opening of one store.
     *
     * @throws StoreException {@code INVALID_ARGUMENT} where the store does not lie below {@code hoster_root}; {@code IO}
     *     where nothing can be served at {@code web_listen}, or copied to {@code hoster_root}
     * @throws ConfigException where the file of {@code web_secret_file} is missing, open to others, too short or too long
     */
    @Override
    public CompactionExecutor create(CompactionContext context) throws IOException {
        HosterDocument hoster = hoster(context);
        LOG.info(
                "compactions to level {} and below go to {} ({}), {} them",
                settings.dcompactMinLevel(),
                settings.httpWorkers(),
                settings.loadBalance(),
                settings.allowFallbackToLocal() ? "or are done here without" : "and wait for");
        synchronized (serving) {
            CopyArea copies = settings.copySstFiles()
                    ? CopyArea.open(settings.hosterRoot(), context.database(), context.epoch())
                    : null;
            RemoteCompactionExecutor executor = new RemoteCompactionExecutor(this, context, hoster, client, copies);
            List<RemoteCompactionExecutor> more = new ArrayList<>(open);
            more.add(executor);
            open = List.copyOf(more);
            try {
                serve();
            } catch (IOException | RuntimeException | Error e) {
                executor.close();
                throw e;
            }
            return executor;
        }
    }

    @GuardedBy("serving")
    private void serve() throws StoreException {
        if (server == null && !settings.webListen().isEmpty()) {
            server = StoreServer.start(
                    StoreServer.address(settings.webListen()),
                    read(settings.webSecretFile()),
                    List.of(new ParametersHandler(this), new StorePagesHandler(this)));
        }
    }

    void closed(RemoteCompactionExecutor executor) {
        synchronized (serving) {
            open = open.stream().filter(other -> other != executor).toList();
            StoreServer running = server;
            if (open.isEmpty() && running != null) {
                server = null;
                running.close();
            }
        }
    }

    /** Those of the stores that are open. */
    List<RemoteCompactionExecutor> executors() {
        return open;
    }

    private HosterDocument hoster(CompactionContext context) throws StoreException {
        String uri = context.storage().uri();
        String root = settings.hosterRoot();
        if (!root.isEmpty() && !settings.copySstFiles()) {
            HosterRoot.expectBelow(root, uri);
        }
        String path = URI.create(uri).getPath();
        String[] components = path == null ? new String[0] : path.split("/");
        String name = components.length == 0 ? uri : components[components.length - 1];
        HosterDocument.Mount mount = settings.nfsMountSource().isEmpty()
                ? null
                : new HosterDocument.Mount(settings.nfsType(), settings.nfsMountSource(), settings.nfsMountOptions());
        return new HosterDocument(
                name,
                settings.instanceName().isEmpty() ? context.database() : settings.instanceName(),
                root.isEmpty() ? null : root,
                mount);
    }

    WorkerList workers() {
        return workers;
    }

    Books books() {
        return books;
    }

    /** What its pages show. */
    StoreView view() {
        return StoreViews.of(this, books);
    }

    Counters counters() {
        return counters;
    }

    long nanoTime() {
        return nanoClock.getAsLong();
    }

    void alert(String instance, AttemptException failure, RemoteWorker worker) {
        alerts.tell(
                settings,
                instance,
                failure.reason() + ": " + failure.getMessage(),
                worker.webUrl().toString());
    }
}
