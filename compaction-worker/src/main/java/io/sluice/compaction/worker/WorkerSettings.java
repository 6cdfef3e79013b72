// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import io.sluice.compaction.document.CodeVersions;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a compaction worker. A value.
 *
 * @param id its name, unique in the pool; it stands in the SSTs that it builds
 * @param host the machine's name, for the SSTs' properties
 * @param listen where it serves; port 0 for any
 * @param advertise the URL by which stores reach this very worker, or null for {@code http://} and where it listens
 * @param secret what requests must carry as {@code Authorization: Bearer}, at least 16 characters; or null for none, which
 *     is for loopback addresses only
 * @param maxParallel subcompactions at a time, at least 1; a job with more of them runs where nothing else does: the
 *     old system's {@code MAX_PARALLEL_COMPACTIONS}
 * @param maxWaiting jobs that wait for their turn, at least 0: {@code MAX_WAITING_COMPACTIONS}
 * @param roots URIs below which jobs' storages must be
 * @param mountRoot the directory that a job's {@code hoster_root} stands for, each store's in a directory of its instance
 *     name: {@code NFS_MOUNT_ROOT}; or null where URIs hold as they are
 * @param releases which may submit
 * @param waitLimit longest that a wait is held open
 * @param orphanLimit an attempt ends when nobody has asked for it so long
 * @param keepResults how long the outcome of an attempt can be asked for, unless 256 newer ones came
 */
public record WorkerSettings(
        String id,
        String host,
        InetSocketAddress listen,
        @Nullable String advertise,
        @Nullable String secret,
        int maxParallel,
        int maxWaiting,
        List<String> roots,
        @Nullable String mountRoot,
        CodeVersions releases,
        Duration waitLimit,
        Duration orphanLimit,
        Duration keepResults) {
    private static final int MIN_SECRET_LENGTH = 16;

    /** Copies the list and checks the ranges; throws {@link IllegalArgumentException}. */
    public WorkerSettings {
        roots = List.copyOf(roots);
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
        if (secret == null && !listen.getAddress().isLoopbackAddress()) {
            throw new IllegalArgumentException(
                    "a worker that listens on " + listen + ", beyond loopback, needs a secret");
        }
        if (secret != null && secret.length() < MIN_SECRET_LENGTH) {
            throw new IllegalArgumentException("the secret has less than " + MIN_SECRET_LENGTH + " characters");
        }
    }

    /** The defaults: 8 subcompactions, 16 waiting, compatible releases, waits of 20 s, orphans after 60 s, results 10 min. */
    public static WorkerSettings of(String id, String host, InetSocketAddress listen, List<String> roots) {
        return new WorkerSettings(
                id,
                host,
                listen,
                null,
                null,
                8,
                16,
                roots,
                null,
                CodeVersions.COMPATIBLE,
                Duration.ofSeconds(20),
                Duration.ofSeconds(60),
                Duration.ofMinutes(10));
    }

    /** The same with another address for stores, and with a secret or none. */
    public WorkerSettings withAccess(@Nullable String url, @Nullable String bearer) {
        return new WorkerSettings(
                id,
                host,
                listen,
                url,
                bearer,
                maxParallel,
                maxWaiting,
                roots,
                mountRoot,
                releases,
                waitLimit,
                orphanLimit,
                keepResults);
    }

    /** The same with other bounds. */
    public WorkerSettings withLimits(int parallel, int waiting) {
        return new WorkerSettings(
                id,
                host,
                listen,
                advertise,
                secret,
                parallel,
                waiting,
                roots,
                mountRoot,
                releases,
                waitLimit,
                orphanLimit,
                keepResults);
    }

    /** The same with a directory for {@code hoster_root}. */
    public WorkerSettings withMountRoot(@Nullable String directory) {
        return new WorkerSettings(
                id,
                host,
                listen,
                advertise,
                secret,
                maxParallel,
                maxWaiting,
                roots,
                directory,
                releases,
                waitLimit,
                orphanLimit,
                keepResults);
    }

    /** The same with another policy on releases. */
    public WorkerSettings withReleases(CodeVersions policy) {
        return new WorkerSettings(
                id,
                host,
                listen,
                advertise,
                secret,
                maxParallel,
                maxWaiting,
                roots,
                mountRoot,
                policy,
                waitLimit,
                orphanLimit,
                keepResults);
    }

    /** The same with other times. */
    public WorkerSettings withTimes(Duration wait, Duration orphan, Duration keep) {
        return new WorkerSettings(
                id,
                host,
                listen,
                advertise,
                secret,
                maxParallel,
                maxWaiting,
                roots,
                mountRoot,
                releases,
                wait,
                orphan,
                keep);
    }

    @Override
    public String toString() {
        return "WorkerSettings[id=" + id + ", listen=" + listen + ", roots=" + roots + "]"; // never the secret
    }
}
