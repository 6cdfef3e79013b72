// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.worker;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a flush worker. A value.
 *
 * @param id its name, unique in the cluster; it stands in the SSTs that it builds
 * @param host the machine's name, for the SSTs' properties
 * @param slots jobs at a time, at least 1
 * @param memnodes where it registers, each {@code host:port}; more may be added later
 * @param listen where memnodes may invite it, or null for nowhere
 * @param allowedRoots URIs below which it may write; empty for anywhere
 * @param readWindow one-sided reads in flight at a time
 * @param heartbeatInterval between heartbeats
 * @param callTimeout longest wait for a peer's answer, and for a connection
 * @param maxBackoff longest pause between two attempts to reach a memnode
 * @param drainTimeout longest that an orderly stop waits for its jobs
 */
public record WorkerSettings(
        String id,
        String host,
        int slots,
        List<String> memnodes,
        @Nullable InetSocketAddress listen,
        List<String> allowedRoots,
        int readWindow,
        Duration heartbeatInterval,
        Duration callTimeout,
        Duration maxBackoff,
        Duration drainTimeout) {
    /** Copies the lists and checks the ranges. */
    public WorkerSettings {
        memnodes = List.copyOf(memnodes);
        allowedRoots = List.copyOf(allowedRoots);
        if (id.isEmpty() || slots < 1 || readWindow < 1) {
            throw new IllegalArgumentException("id='" + id + "' slots=" + slots + " readWindow=" + readWindow
                    + ", expected a name and at least 1");
        }
    }

    /** The defaults: 2 slots, 4 reads in flight, heartbeats each 500 ms, calls 2 s, back-off to 2 s, drain 30 s. */
    public static WorkerSettings of(String id, String host, List<String> memnodes) {
        return new WorkerSettings(
                id,
                host,
                2,
                memnodes,
                null,
                List.of(),
                4,
                Duration.ofMillis(500),
                Duration.ofSeconds(2),
                Duration.ofSeconds(2),
                Duration.ofSeconds(30));
    }

    /** The same with another number of jobs at a time. */
    public WorkerSettings withSlots(int value) {
        return new WorkerSettings(
                id,
                host,
                value,
                memnodes,
                listen,
                allowedRoots,
                readWindow,
                heartbeatInterval,
                callTimeout,
                maxBackoff,
                drainTimeout);
    }

    /** The same, listening for invitations. */
    public WorkerSettings withListen(InetSocketAddress value) {
        return new WorkerSettings(
                id,
                host,
                slots,
                memnodes,
                value,
                allowedRoots,
                readWindow,
                heartbeatInterval,
                callTimeout,
                maxBackoff,
                drainTimeout);
    }

    /** The same, confined to some roots. */
    public WorkerSettings withAllowedRoots(List<String> value) {
        return new WorkerSettings(
                id,
                host,
                slots,
                memnodes,
                listen,
                value,
                readWindow,
                heartbeatInterval,
                callTimeout,
                maxBackoff,
                drainTimeout);
    }

    /** The same with other times. */
    public WorkerSettings withTimes(Duration heartbeat, Duration call, Duration backoff, Duration drain) {
        return new WorkerSettings(
                id, host, slots, memnodes, listen, allowedRoots, readWindow, heartbeat, call, backoff, drain);
    }
}
