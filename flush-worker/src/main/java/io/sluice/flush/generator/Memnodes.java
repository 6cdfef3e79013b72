// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.Release;
import io.sluice.flush.protocol.MemnodeLink;
import io.sluice.flush.protocol.MemnodeLink.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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

    private final Map<MemnodeLink, Set<Long>> unreleased = new ConcurrentHashMap<>();

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
            }
        }
        if (link != null) {
            unreleased.remove(link);
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

    synchronized List<String> addresses() {
        return new ArrayList<>(links.keySet());
    }

    /** Gives a grant back, now or at the next connection. */
    void release(MemnodeLink link, long grantId) {
        unreleased
                .computeIfAbsent(link, unknown -> ConcurrentHashMap.newKeySet())
                .add(grantId);
        releaseAll(link);
    }

    /** Tells the memnode what is to be given back; called when the link comes up, too. */
    void releaseAll(MemnodeLink link) {
        Session session = link.session();
        Set<Long> grants = unreleased.get(link);
        if (session == null || grants == null) {
            return;
        }
        for (long grant : grants) {
            var unused = session.endpoint()
                    .call(new Release(grant), Ack.class, callTimeout)
                    .thenAccept(ack -> grants.remove(grant));
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
