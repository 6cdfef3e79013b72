// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.Release;
import io.sluice.flush.protocol.MemnodeLink;
import io.sluice.flush.protocol.MemnodeLink.Session;
import io.sluice.transport.ConnectionPath;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A store's memnodes: which to use, and what is still to be given back to each. Safe for concurrent use.
 *
 * <p>Invariant: a grant's release is repeated at every new connection to its memnode until it was acknowledged, or the
 * memnode is removed.
 */
final class Memnodes implements AutoCloseable {
    private final Function<String, MemnodeLink> linker;
    private final Duration callTimeout;

    @GuardedBy("this")
    private final Map<String, MemnodeLink> links = new LinkedHashMap<>();

    @GuardedBy("this")
    private final Map<MemnodeLink, Long> lastChosen = new HashMap<>();

    @GuardedBy("this")
    private long choices;

    @GuardedBy("this")
    private boolean closed;

    /** Grants to be given back, and the session that a release was sent on and may still be answered. */
    @GuardedBy("this")
    private final Map<MemnodeLink, Map<Long, Optional<Session>>> unreleased = new HashMap<>();

    /** A memnode that is connected now. */
    record Choice(MemnodeLink link, Session session) {}

    /** @param linker makes a link, not started */
    Memnodes(Function<String, MemnodeLink> linker, Duration callTimeout) {
        this.linker = linker;
        this.callTimeout = callTimeout;
    }

    synchronized void add(String address) {
        if (!closed && !links.containsKey(address)) {
            MemnodeLink link = linker.apply(address);
            links.put(address, link);
            link.start();
        }
    }

    void remove(String address) {
        MemnodeLink link;
        synchronized (this) {
            link = links.remove(address);
            if (link != null) {
                lastChosen.remove(link);
                unreleased.remove(link);
            }
        }
        if (link != null) {
            link.close();
        }
    }

    /** The connected memnode with the most free memory, among equals the one chosen longest ago. */
    synchronized @Nullable Choice choose(Collection<String> avoided) {
        Choice best = null;
        for (MemnodeLink link : links.values()) {
            Session session = link.session();
            if (session == null || avoided.contains(link.address())) {
                continue;
            }
            Choice candidate = new Choice(link, session);
            if (best == null || isBetter(candidate, best)) {
                best = candidate;
            }
        }
        if (best != null) {
            lastChosen.put(best.link(), ++choices);
        }
        return best;
    }

    @GuardedBy("this")
    private boolean isBetter(Choice a, Choice b) {
        long difference = a.session().free() - b.session().free();
        if (difference != 0) {
            return difference > 0;
        }
        return lastChosen.getOrDefault(a.link(), 0L) < lastChosen.getOrDefault(b.link(), 0L);
    }

    /** Whether any is connected. */
    synchronized int connected() {
        int count = 0;
        for (MemnodeLink link : links.values()) {
            count += link.session() == null ? 0 : 1;
        }
        return count;
    }

    /** What data go by to those that are connected, by name. */
    synchronized Map<String, ConnectionPath> paths() {
        Map<String, ConnectionPath> paths = new HashMap<>();
        for (MemnodeLink link : links.values()) {
            Session session = link.session();
            if (session != null) {
                paths.put(session.memnodeId(), session.path());
            }
        }
        return paths;
    }

    synchronized List<String> addresses() {
        return new ArrayList<>(links.keySet());
    }

    /** Gives a grant back, now or at the next connection. */
    void release(MemnodeLink link, long grantId) {
        synchronized (this) {
            if (links.get(link.address()) != link) {
                return; // it was removed, and takes back what it lent once it misses us
            }
            unreleased.computeIfAbsent(link, unknown -> new HashMap<>()).put(grantId, Optional.empty());
        }
        releaseAll(link);
    }

    /** Tells the memnode what is to be given back and was not told on this connection; called when the link comes up, too. */
    void releaseAll(MemnodeLink link) {
        Session session = link.session();
        if (session == null) {
            return;
        }
        List<Long> untold = new ArrayList<>();
        synchronized (this) {
            for (Map.Entry<Long, Optional<Session>> grant :
                    unreleased.getOrDefault(link, Map.of()).entrySet()) {
                if (grant.getValue().orElse(null) != session) {
                    grant.setValue(Optional.of(session));
                    untold.add(grant.getKey());
                }
            }
        }
        for (long grant : untold) {
            var unused = session.endpoint()
                    .call(new Release(grant), Ack.class, callTimeout)
                    .whenComplete((ack, failure) -> onReleased(link, grant, failure == null));
        }
    }

    private synchronized void onReleased(MemnodeLink link, long grant, boolean acknowledged) {
        Map<Long, Optional<Session>> grants = unreleased.get(link);
        if (grants == null) {
            return;
        }
        if (acknowledged) {
            grants.remove(grant);
        } else {
            grants.replace(grant, Optional.empty()); // told again with the next release, or at the next connection
        }
    }

    @Override
    public void close() {
        List<MemnodeLink> open;
        synchronized (this) {
            closed = true;
            open = new ArrayList<>(links.values());
            links.clear();
        }
        open.forEach(MemnodeLink::close);
    }
}
