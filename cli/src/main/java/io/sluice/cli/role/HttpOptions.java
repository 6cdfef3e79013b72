// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.role;

import io.sluice.cli.command.CommandFailure;
import io.sluice.cli.command.OpenResources;
import io.sluice.cli.config.ConfigDefaults;
import io.sluice.cli.config.HostPort;
import io.sluice.compaction.web.WebDomain;
import io.sluice.compaction.worker.CompactionWorker;
import io.sluice.compaction.worker.WorkerSettings;
import io.sluice.config.SecretFile;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The worker's face for compactions. */
final class HttpOptions {
    /** The old system's environment variables, by the options for which they are defaults. */
    static final Map<String, String> ENVIRONMENT = Map.of(
            "--delete-work-files", "DEL_WORKER_TEMP_DB",
            "--http-advertise", "ADVERTISE_ADDR",
            "--max-parallel-compactions", "MAX_PARALLEL_COMPACTIONS",
            "--max-waiting-compactions", "MAX_WAITING_COMPACTIONS",
            "--mount-root", "NFS_MOUNT_ROOT",
            "--termination-check-url", "TERMINATION_CHECK_URL",
            "--multi-process", "MULTI_PROCESS",
            "--web-domain", "WEB_DOMAIN",
            "--work-root", "WORKER_DB_ROOT",
            "--dynamic-mount", "NFS_DYNAMIC_MOUNT");

    private static final int MAX_COMPACTIONS = 1 << 16;

    @Option(
            names = "--http",
            paramLabel = "HOST:PORT",
            description =
                    "Where it takes compactions over HTTP; by default nowhere. Off this machine's loopback it needs"
                            + " --http-secret-file, and --tls-certificate-file with --tls-key-file: a certificate for"
                            + " the host by which stores, or a proxy, reach it.")
    private @Nullable HostPort http;

    @Option(
            names = "--http-advertise",
            paramLabel = "URL",
            description = "How this very worker is reached, where that is not at --http; HOST:PORT will do. It stands"
                    + " in jobs' tokens, by which a proxy finds the worker. Environment: ADVERTISE_ADDR.")
    private @Nullable String advertise;

    @Option(
            names = "--http-secret-file",
            paramLabel = "FILE",
            description = "What stores must send as a bearer token: a file of mode 0600 with at least 16 bytes. Needed"
                    + " off loopback, and behind a proxy: without it the worker answers only where it is asked for by its"
                    + " address.")
    private @Nullable Path secretFile;

    @Option(
            names = "--http-client-certificates",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "BOOLEAN",
            description =
                    "Stores, or the proxy, must show a certificate that leads to --tls-ca-file; ${DEFAULT-VALUE}.")
    private boolean clientCertificates;

    @Option(
            names = "--max-parallel-compactions",
            paramLabel = "N",
            description = "Subcompactions at a time; a larger job runs where nothing else does; ${DEFAULT-VALUE}."
                    + " Environment: MAX_PARALLEL_COMPACTIONS.")
    private int parallel = 8;

    @Option(
            names = "--max-waiting-compactions",
            paramLabel = "N",
            description =
                    "Compactions that wait for their turn; ${DEFAULT-VALUE}. Environment: MAX_WAITING_COMPACTIONS.")
    private int waiting = 16;

    @Mixin
    private SharedStorageOptions storage = new SharedStorageOptions();

    @Option(
            names = "--http-stop",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "BOOLEAN",
            description = "POST /stop, with the secret, ends the worker; ${DEFAULT-VALUE}.")
    private boolean stoppable;

    @Option(
            names = "--web-domain",
            paramLabel = "DOMAIN",
            description = "Whose pages may hold the worker's in frames: an origin such as https://db.example:2011, or a"
                    + " domain, with all its hosts and ports; by default nobody's. Environment: WEB_DOMAIN.")
    private String webDomain = "";

    @Mixin
    private AttemptOptions attempts = new AttemptOptions();

    @Option(
            names = "--termination-check-url",
            paramLabel = "URL",
            description =
                    "Asked every 5 s whether the cloud is to take this machine away. Any answer but 404 says so: the"
                            + " worker then hands its compactions back and ends; by default nobody is asked. Environment: TERMINATION_CHECK_URL.")
    private @Nullable String terminationCheck;

    /** Whether there is to be such a face. */
    boolean isWanted() {
        return http != null;
    }

    /** Starts it, where it is wanted; {@code resources} takes it over. */
    CompactionWorker start(
            OpenResources resources,
            CommandSpec command,
            String name,
            String hostName,
            List<String> roots,
            TlsOptions tls)
            throws IOException, CommandFailure {
        HostPort where = http;
        if (where == null) {
            throw new IllegalStateException("not wanted");
        }
        SSLContext https = tls.https(command, clientCertificates);
        if (https == null && !where.isLoopback() && !tls.plaintext()) {
            throw ConfigDefaults.error(
                    command,
                    "--tls-certificate-file",
                    "missing: " + where
                            + " is not this machine's loopback, so TLS is needed: ./sluice certs --hosts makes"
                            + " certificates for a trial; or --plaintext on a network where you trust everyone");
        }
        if (https == null && clientCertificates) {
            throw ConfigDefaults.error(
                    command, "--tls-certificate-file", "missing: without TLS nobody shows a certificate");
        }
        if (roots.isEmpty()) {
            throw ConfigDefaults.error(command, "--storage-roots", "missing: compactions need at least one");
        }
        check(command, "--max-parallel-compactions", parallel, 1);
        check(command, "--max-waiting-compactions", waiting, 0);
        if (stoppable && secretFile == null) {
            throw ConfigDefaults.error(command, "--http-stop", "needs --http-secret-file");
        }
        attempts.check(command);
        String secret = secretFile == null ? null : new String(SecretFile.read(secretFile), StandardCharsets.UTF_8);
        WorkerSettings.Builder settings = WorkerSettings.builder(name, hostName, where.resolve(), roots);
        advertise(command, settings, https != null);
        checkTermination(command, settings);
        settings.secret(secret)
                .tls(https)
                .clientCertificates(clientCertificates)
                .plaintext(tls.plaintext())
                .stoppable(stoppable)
                .webDomain(webDomain(command))
                .maxParallel(parallel)
                .maxWaiting(waiting);
        storage.applyTo(command, settings);
        attempts.addTo(settings);
        try {
            return resources.add(CompactionWorker.start(
                    settings.build(),
                    uri -> Storages.open(uri, Map.of()),
                    attempts.source(resources),
                    new RateLimiter(0, System::nanoTime),
                    System::nanoTime,
                    new SecureRandom()));
        } catch (IllegalArgumentException e) {
            throw ConfigDefaults.error(command, "--http", String.valueOf(e.getMessage()));
        }
    }

    /** Takes a URL, or what is one with the scheme that the worker speaks. */
    private void advertise(CommandSpec command, WorkerSettings.Builder builder, boolean isTls) {
        String given = advertise;
        if (given == null) {
            return;
        }
        String url = given.contains("://") ? given : (isTls ? "https://" : "http://") + given;
        try {
            builder.advertise(url.replaceFirst("/+$", ""));
        } catch (IllegalArgumentException e) {
            throw ConfigDefaults.error(
                    command,
                    "--http-advertise",
                    "expected a URL such as http://10.0.0.7:8080, or HOST:PORT, found '" + given + "'");
        }
    }

    private void checkTermination(CommandSpec command, WorkerSettings.Builder builder) {
        try {
            builder.terminationCheck(terminationCheck == null ? null : URI.create(terminationCheck));
        } catch (IllegalArgumentException e) {
            throw ConfigDefaults.error(command, "--termination-check-url", String.valueOf(e.getMessage()));
        }
    }

    private WebDomain webDomain(CommandSpec command) {
        try {
            return WebDomain.parse(webDomain);
        } catch (IllegalArgumentException e) {
            throw ConfigDefaults.error(command, "--web-domain", String.valueOf(e.getMessage()));
        }
    }

    private static void check(CommandSpec command, String option, int value, int least) {
        if (value < least || value > MAX_COMPACTIONS) {
            throw ConfigDefaults.error(
                    command, option, "expected " + least + " to " + MAX_COMPACTIONS + ", found " + value);
        }
    }
}
