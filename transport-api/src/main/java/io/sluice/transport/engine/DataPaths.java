// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.PeerClass;
import io.sluice.transport.PeerIdentity;
import io.sluice.transport.RdmaSettings;
import io.sluice.transport.RdmaSettings.Policy;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a transport has beside its streams, and what it has learnt of its peers there: a peer with which it did not work is
 * left alone for a minute. The agent's.
 */
final class DataPaths {
    /** The bit in HELLO's features: this side has RDMA. */
    static final int FEATURE = 1;

    private static final Logger LOG = LoggerFactory.getLogger(DataPaths.class);
    private static final long REFUSAL_NS = 60_000_000_000L;
    private static final int MAX_REFUSALS = 1024;
    private static final int MAX_LOGGED = 100;

    private final RdmaSettings settings;
    private final @Nullable DataPathProvider provider;
    private final String whyNone;
    private final Map<String, Refusal> refusals = new LinkedHashMap<>();
    private final Set<String> logged = new HashSet<>();

    private record Refusal(String reason, long untilNs) {}

    /**
     * Creates it.
     *
     * @param provider what there is, or null
     * @param whyNone why there is none
     */
    DataPaths(RdmaSettings settings, @Nullable DataPathProvider provider, String whyNone) {
        this.settings = settings;
        this.provider = provider;
        this.whyNone = whyNone;
    }

    /** This side's features for HELLO. */
    int features() {
        return provider == null ? 0 : FEATURE;
    }

    DataPathProvider provider() {
        return Objects.requireNonNull(provider);
    }

    /** Why data stay on the stream with a peer that said so of itself; null where they need not. */
    @Nullable
    String whyNot(int peerFeatures) {
        if (provider == null) {
            return whyNone;
        }
        return (peerFeatures & FEATURE) != 0 ? null : "the peer has no RDMA, or has it switched off";
    }

    /** Refuses the stream where RDMA is required, else tells once for each reason. */
    void onStream(PeerIdentity peer, String reason) throws TransportException {
        if (settings.policy() == Policy.REQUIRE) {
            throw new TransportException(
                    Kind.REJECTED,
                    "transport.rdma.required",
                    "RDMA with " + peer + " is required here and can't be had: " + reason);
        }
        if (settings.policy() == Policy.PREFER && logged.size() < MAX_LOGGED && logged.add(reason)) {
            LOG.warn("no RDMA with {}, and others for the same reason: {}", peer, reason);
        }
    }

    /** What a peer may do with this side's slabs. */
    PeerClass classOf(PeerIdentity peer) throws TransportException {
        PeerClass given = settings.classOf().apply(peer);
        if (!settings.classes().contains(given)) {
            throw new TransportException(
                    Kind.RESOURCES,
                    "transport.rdma.access.class",
                    peer + " is to get " + given + ", and the pool is registered for " + settings.classes());
        }
        return given;
    }

    /** Remembers that it did not work with a peer; not where RDMA is required: each connection is another attempt then. */
    void refuse(PeerIdentity peer, String reason, long nowNs) {
        if (settings.policy() == Policy.REQUIRE) {
            return;
        }
        refusals.remove(key(peer));
        if (refusals.size() >= MAX_REFUSALS) {
            refusals.remove(refusals.keySet().iterator().next());
        }
        refusals.put(key(peer), new Refusal(reason, nowNs + REFUSAL_NS));
    }

    /** Why it did not work with a peer less than a minute ago, or null. */
    @Nullable
    String refusal(PeerIdentity peer, long nowNs) {
        Refusal refusal = refusals.get(key(peer));
        if (refusal == null) {
            return null;
        }
        if (nowNs - refusal.untilNs() >= 0) {
            refusals.remove(key(peer));
            return null;
        }
        return refusal.reason();
    }

    /** Its port changes with each connection. */
    private static String key(PeerIdentity peer) {
        return peer.role() + '/' + peer.name() + '@' + peer.address().getHostString();
    }

    void start(Runnable wakeup) {
        if (provider != null) {
            provider.start(wakeup);
        }
    }

    int poll() {
        return provider == null ? 0 : provider.poll();
    }

    /** Whether the agent may wait. */
    boolean arm() {
        return provider == null || provider.arm();
    }

    void close() {
        if (provider != null) {
            provider.close();
        }
    }
}
