// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.CodeVersions;
import io.sluice.compaction.mount.DynamicMounts;
import io.sluice.compaction.web.WebDomain;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** The settings of a compaction worker. Immutable; each accessor is explained at its setter in {@link Builder}. */
public final class WorkerSettings {
    static final int MIN_SECRET_LENGTH = 16;

    private final Builder values;

    private WorkerSettings(Builder values) {
        this.values = values;
    }

    /**
     * A builder with what has no default.
     *
     * @param id the worker's name, unique in the pool; it stands in the SSTs that it builds
     * @param host the machine's name, for the SSTs' properties
     * @param listen where it serves; port 0 for any
     * @param roots URIs below which jobs' storages must be, at least one
     */
    public static Builder builder(String id, String host, InetSocketAddress listen, List<String> roots) {
        return new Builder(id, host, listen, List.copyOf(roots));
    }

    /** The worker's name. */
    public String id() {
        return values.id;
    }

    /** The machine's name. */
    public String host() {
        return values.host;
    }

    /** Where it serves. */
    public InetSocketAddress listen() {
        return values.listen;
    }

    /** URIs below which jobs' storages must be. */
    public List<String> roots() {
        return values.roots;
    }

    /** The URL by which this very worker is reached; null for where it listens. */
    public @Nullable String advertise() {
        return values.advertise;
    }

    /** Certificate and key; null for HTTP without TLS. */
    public @Nullable SSLContext tls() {
        return values.tls;
    }

    /** Whether stores must show a certificate. */
    public boolean clientCertificates() {
        return values.clientCertificates;
    }

    /** What requests must carry; null for nothing. */
    public @Nullable String secret() {
        return values.secret;
    }

    /** Who shares the worker; none for one owner. */
    public List<Tenant> tenants() {
        return values.tenants;
    }

    /** What jobs may have mounted; null for nothing. */
    public @Nullable DynamicMounts mounts() {
        return values.mounts;
    }

    /** Subcompactions at a time. */
    public int maxParallel() {
        return values.maxParallel;
    }

    /** Jobs that wait for their turn. */
    public int maxWaiting() {
        return values.maxWaiting;
    }

    /** What a job's {@code hoster_root} stands for; null where URIs hold as they are. */
    public @Nullable String mountRoot() {
        return values.mountRoot;
    }

    /** Starts a process for each attempt; null where all run in the worker's. */
    public @Nullable ChildStarter children() {
        return values.children;
    }

    /** Where those have their directories; null for a temporary one. */
    public @Nullable Path workRoot() {
        return values.workRoot;
    }

    /** Whether what is in there is deleted. */
    public boolean deleteWorkFiles() {
        return values.deleteWorkFiles;
    }

    /** Which releases may submit. */
    public CodeVersions releases() {
        return values.releases;
    }

    /** Where to ask whether the machine is to go; null for nowhere. */
    public @Nullable URI terminationCheck() {
        return values.terminationCheck;
    }

    /** How often to ask there. */
    public Duration terminationCheckInterval() {
        return values.terminationCheckInterval;
    }

    /** How long a wait is held open. */
    public Duration waitLimit() {
        return values.waitLimit;
    }

    /** How long an attempt goes on that nobody asks for. */
    public Duration orphanLimit() {
        return values.orphanLimit;
    }

    /** How long an attempt waits for its directory and inputs to be seen. */
    public Duration viewLimit() {
        return values.viewLimit;
    }

    /** How long outcomes can be asked for. */
    public Duration keepResults() {
        return values.keepResults;
    }

    /** Whose pages may frame the worker's. */
    public WebDomain webDomain() {
        return values.webDomain;
    }

    /** Whether {@code /stop} ends the worker. */
    public boolean stoppable() {
        return values.stoppable;
    }

    @Override
    public String toString() {
        return "WorkerSettings[id=" + id() + ", listen=" + listen() + ", roots=" + roots() + "]"; // never the secret
    }

    /** Makes settings. Not safe for concurrent use. */
    public static final class Builder implements Cloneable {
        private final String id;
        private final String host;
        private final InetSocketAddress listen;
        private final List<String> roots;
        private @Nullable String advertise;
        private @Nullable String secret;
        private @Nullable SSLContext tls;
        private boolean clientCertificates;
        private boolean plaintext;
        private int maxParallel = 8;
        private int maxWaiting = 16;
        private @Nullable String mountRoot;
        private @Nullable DynamicMounts mounts;
        private List<Tenant> tenants = List.of();
        private @Nullable ChildStarter children;
        private @Nullable Path workRoot;
        private boolean deleteWorkFiles;
        private CodeVersions releases = CodeVersions.COMPATIBLE;
        private @Nullable URI terminationCheck;
        private Duration terminationCheckInterval = Duration.ofSeconds(5);
        private Duration waitLimit = Duration.ofSeconds(20);
        private Duration orphanLimit = Duration.ofSeconds(60);
        private Duration viewLimit = Duration.ofSeconds(20);
        private Duration keepResults = Duration.ofMinutes(10);

        private WebDomain webDomain = WebDomain.NONE;
        private boolean stoppable;

        private Builder(String id, String host, InetSocketAddress listen, List<String> roots) {
            this.id = id;
            this.host = host;
            this.listen = listen;
            this.roots = roots;
        }

        /**
         * The URL by which this very worker is reached; by default, or for null, where it listens. Its host and port stand
         * in the tokens of jobs, by which a proxy finds the worker.
         *
         * @throws IllegalArgumentException where it is no plain http or https URL
         */
        public Builder advertise(@Nullable String url) {
            if (url != null) {
                Address.check(url);
            }
            advertise = url;
            return this;
        }

        /**
         * What requests must carry as {@code Authorization: Bearer}, at least 16 characters; by default, or for null,
         * nothing, which is for loopback addresses only.
         */
        public Builder secret(@Nullable String bearer) {
            secret = bearer;
            return this;
        }

        /** The worker's certificate and key; by default, or for null, there is no TLS, which is for loopback addresses only. */
        public Builder tls(@Nullable SSLContext context) {
            tls = context;
            return this;
        }

        /** Whether stores must show a certificate that leads to an authority of {@link #tls}; false by default. */
        public Builder clientCertificates(boolean needed) {
            clientCertificates = needed;
            return this;
        }

        /** Whether to do without TLS beyond loopback, where everyone on the network is trusted; false by default. */
        public Builder plaintext(boolean allowed) {
            plaintext = allowed;
            return this;
        }

        /**
         * Subcompactions at a time, at least 1; a job with more of them runs where nothing else does: the old system's
         * {@code MAX_PARALLEL_COMPACTIONS}. 8 by default.
         */
        public Builder maxParallel(int subcompactions) {
            maxParallel = subcompactions;
            return this;
        }

        /** Jobs that wait for their turn, at least 0: {@code MAX_WAITING_COMPACTIONS}. 16 by default. */
        public Builder maxWaiting(int jobs) {
            maxWaiting = jobs;
            return this;
        }

        /**
         * The directory that a job's {@code hoster_root} stands for, each store's in a directory of its instance name:
         * {@code NFS_MOUNT_ROOT}. By default, or for null, URIs hold as they are.
         */
        public Builder mountRoot(@Nullable String directory) {
            mountRoot = directory;
            return this;
        }

        /**
         * What jobs may have mounted below the mount root, and by what means: {@code NFS_DYNAMIC_MOUNT}. By default, or for
         * null, nothing: what a job names to be mounted is passed over then.
         */
        public Builder mounts(@Nullable DynamicMounts allowed) {
            mounts = allowed;
            return this;
        }

        /**
         * Starts a process for each attempt, which then can't harm the worker, or another attempt: {@code MULTI_PROCESS}.
         * By default, or for null, all run in the worker's process.
         */
        public Builder children(@Nullable ChildStarter starter) {
            children = starter;
            return this;
        }

        /**
         * Who shares the worker: with its secret each submits jobs of its instance alone, below its roots, and knows of no
         * others. By default none.
         */
        public Builder tenants(List<Tenant> all) {
            tenants = List.copyOf(all);
            return this;
        }

        /**
         * The directory, this worker's alone, in which each such process has one: {@code WORKER_DB_ROOT}. By default, or
         * for null, a temporary one that goes with the worker.
         */
        public Builder workRoot(@Nullable Path directory) {
            workRoot = directory;
            return this;
        }

        /**
         * Whether a process's directory is deleted when it has ended: {@code DEL_WORKER_TEMP_DB}. By default the last 256
         * are kept.
         */
        public Builder deleteWorkFiles(boolean deletes) {
            deleteWorkFiles = deletes;
            return this;
        }

        /** Which releases may submit; by default the compatible ones. */
        public Builder releases(CodeVersions policy) {
            releases = policy;
            return this;
        }

        /**
         * An http or https URL that answers 404 as long as the machine stays: {@code TERMINATION_CHECK_URL}. By default, or
         * for null, nobody is asked.
         *
         * @throws IllegalArgumentException where it is none
         */
        public Builder terminationCheck(@Nullable URI url) {
            if (url != null
                    && (url.getHost() == null
                            || !String.valueOf(url.getScheme()).matches("(?i)https?"))) {
                throw new IllegalArgumentException(
                        "expected a URL such as http://169.254.169.254/latest/meta-data/spot/"
                                + "termination-time, found '" + url + "'");
            }
            terminationCheck = url;
            return this;
        }

        /** How often that is asked; 5 s by default. */
        public Builder terminationCheckInterval(Duration interval) {
            terminationCheckInterval = interval;
            return this;
        }

        /** The longest that a wait is held open; 20 s by default. */
        public Builder waitLimit(Duration limit) {
            waitLimit = limit;
            return this;
        }

        /** An attempt ends when nobody has asked for it so long; 60 s by default. */
        public Builder orphanLimit(Duration limit) {
            orphanLimit = limit;
            return this;
        }

        /**
         * How long an attempt waits for its directory and inputs, which a shared file system may show late; 20 s by default.
         */
        public Builder viewLimit(Duration limit) {
            viewLimit = limit;
            return this;
        }

        /** How long the outcome of an attempt can be asked for, unless 256 newer ones came; 10 minutes by default. */
        public Builder keepResults(Duration time) {
            keepResults = time;
            return this;
        }

        /** Whose pages may frame the worker's: {@code WEB_DOMAIN}; by default nobody's. */
        public Builder webDomain(WebDomain ancestors) {
            webDomain = ancestors;
            return this;
        }

        /** Whether {@code /stop} ends the worker, which needs a secret; false by default. */
        public Builder stoppable(boolean allowed) {
            stoppable = allowed;
            return this;
        }

        /**
         * The settings, which later calls of this builder do not change.
         *
         * @throws IllegalArgumentException where a value is out of its range, or the worker would not be safe
         */
        public WorkerSettings build() {
            if (id.isEmpty() || maxParallel < 1 || maxWaiting < 0) {
                throw new IllegalArgumentException("id='" + id + "' maxParallel=" + maxParallel + " maxWaiting="
                        + maxWaiting + ", expected a name, at least 1 and at least 0");
            }
            if (roots.isEmpty()) {
                throw new IllegalArgumentException("a worker needs at least one root below which it may work");
            }
            if (listen.isUnresolved()) {
                throw new IllegalArgumentException(listen + " is not resolved");
            }
            boolean isLoopback = listen.getAddress().isLoopbackAddress();
            long names = tenants.stream().map(Tenant::instanceName).distinct().count();
            long secrets = Stream.concat(
                            Stream.ofNullable(secret), tenants.stream().map(Tenant::secret))
                    .distinct()
                    .count();
            if (names < tenants.size() || secrets < tenants.size() + (secret == null ? 0 : 1)) {
                throw new IllegalArgumentException("two tenants have the same name or secret, or one the worker's");
            }
            if (mounts != null && mountRoot == null) {
                throw new IllegalArgumentException("mounts need a mount root");
            }
            if (secret == null && tenants.isEmpty() && !isLoopback) {
                throw new IllegalArgumentException(
                        "a worker that listens on " + listen + ", beyond loopback, needs a secret");
            }
            if (tls == null && !plaintext && !isLoopback) {
                throw new IllegalArgumentException("a worker that listens on " + listen
                        + ", beyond loopback, needs TLS, or the leave to do without");
            }
            if (tls == null && clientCertificates) {
                throw new IllegalArgumentException("without TLS nobody shows a certificate");
            }
            if (secret != null && secret.length() < MIN_SECRET_LENGTH) {
                throw new IllegalArgumentException("the secret has less than " + MIN_SECRET_LENGTH + " characters");
            }
            if (stoppable && secret == null) {
                throw new IllegalArgumentException("a worker without a secret can't be stopped over HTTP");
            }
            return new WorkerSettings(copy());
        }

        private Builder copy() {
            try {
                return (Builder) super.clone();
            } catch (CloneNotSupportedException e) {
                throw new AssertionError(e);
            }
        }
    }
}
