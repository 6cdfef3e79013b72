// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import io.sluice.flush.protocol.ProtocolLimits;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The settings of remote flush on a generator. A value.
 *
 * @param listen where workers bring results and memnodes invitations; port 0 takes a free one
 * @param advertised {@code host:port} that workers are told, or null for the bound address
 * @param memnodes where memory is lent, each {@code host:port}; more may be added later
 * @param enabled whether flushes go out; may be switched later
 * @param localFallback whether a job that nobody took is flushed by this process; else it fails with the last error
 * @param maxAttempts remote attempts at a job, at least 1
 * @param maxJobs remote jobs under way at a time, at least 1
 * @param writeWindow one-sided writes in flight for a job, at least 1
 * @param heartbeatInterval between heartbeats to a memnode
 * @param callTimeout longest wait for a peer's answer, and for a connection
 * @param maxBackoff longest pause between two attempts to reach a memnode
 * @param attemptDeadline longest that an attempt may take, from 1 ms to {@link ProtocolLimits#MAX_DEADLINE}: peers grant
 *     no more
 * @param urgedDeadline longest that an attempt may take where writes are about to stop; up to the same
 */
public record RemoteFlushSettings(
        InetSocketAddress listen,
        @Nullable String advertised,
        List<String> memnodes,
        boolean enabled,
        boolean localFallback,
        int maxAttempts,
        int maxJobs,
        int writeWindow,
        Duration heartbeatInterval,
        Duration callTimeout,
        Duration maxBackoff,
        Duration attemptDeadline,
        Duration urgedDeadline) {
    /** Copies the list and checks the ranges. */
    public RemoteFlushSettings {
        memnodes = List.copyOf(memnodes);
        if (maxAttempts < 1 || maxJobs < 1 || writeWindow < 1) {
            throw new IllegalArgumentException("maxAttempts=" + maxAttempts + " maxJobs=" + maxJobs + " writeWindow="
                    + writeWindow + ", expected at least 1");
        }
        if (attemptDeadline.compareTo(Duration.ofMillis(1)) < 0
                || attemptDeadline.compareTo(ProtocolLimits.MAX_DEADLINE) > 0) {
            throw new IllegalArgumentException(
                    "attemptDeadline=" + attemptDeadline + ", expected 1 ms to " + ProtocolLimits.MAX_DEADLINE);
        }
        if (urgedDeadline.isNegative() || urgedDeadline.compareTo(ProtocolLimits.MAX_DEADLINE) > 0) {
            throw new IllegalArgumentException(
                    "urgedDeadline=" + urgedDeadline + ", expected 0 to " + ProtocolLimits.MAX_DEADLINE);
        }
    }

    /**
     * The defaults: on, with fallback, 3 attempts, 64 jobs, 4 writes in flight, heartbeats each 500 ms, calls 2 s,
     * back-off to 2 s, attempts 60 s, urged ones 5 s.
     */
    public static RemoteFlushSettings of(InetSocketAddress listen, List<String> memnodes) {
        return new RemoteFlushSettings(
                listen,
                null,
                memnodes,
                true,
                true,
                3,
                64,
                4,
                Duration.ofMillis(500),
                Duration.ofSeconds(2),
                Duration.ofSeconds(2),
                Duration.ofSeconds(60),
                Duration.ofSeconds(5));
    }

    /** The same, telling workers another address. */
    public RemoteFlushSettings withAdvertised(String value) {
        return new RemoteFlushSettings(
                listen,
                value,
                memnodes,
                enabled,
                localFallback,
                maxAttempts,
                maxJobs,
                writeWindow,
                heartbeatInterval,
                callTimeout,
                maxBackoff,
                attemptDeadline,
                urgedDeadline);
    }

    /** The same, on or off at first. */
    public RemoteFlushSettings withEnabled(boolean value) {
        return new RemoteFlushSettings(
                listen,
                advertised,
                memnodes,
                value,
                localFallback,
                maxAttempts,
                maxJobs,
                writeWindow,
                heartbeatInterval,
                callTimeout,
                maxBackoff,
                attemptDeadline,
                urgedDeadline);
    }

    /** The same with other rules for what happens when an attempt fails. */
    public RemoteFlushSettings withAttempts(int attempts, boolean fallback) {
        return new RemoteFlushSettings(
                listen,
                advertised,
                memnodes,
                enabled,
                fallback,
                attempts,
                maxJobs,
                writeWindow,
                heartbeatInterval,
                callTimeout,
                maxBackoff,
                attemptDeadline,
                urgedDeadline);
    }

    /** The same with other times. */
    public RemoteFlushSettings withTimes(
            Duration heartbeat, Duration call, Duration backoff, Duration attempt, Duration urged) {
        return new RemoteFlushSettings(
                listen,
                advertised,
                memnodes,
                enabled,
                localFallback,
                maxAttempts,
                maxJobs,
                writeWindow,
                heartbeat,
                call,
                backoff,
                attempt,
                urged);
    }
}
