// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Joins the writes of many threads into groups, so that one append, and one sync, serves all of a group: RocksDB's write
 * groups ({@code db/write_thread.cc}). The first to come leads: it takes those that came behind it, up to a bound, commits
 * them in their order, names the leader of the next group, and tells its followers.
 *
 * <p>Thread safety: {@link #commit} may be called by any thread. Joining is one compare-and-set. Allocates nothing.
 *
 * <p>Invariants: (1) at most one thread at a time is inside the committer, and groups are committed in the order in which
 * their requests joined. (2) {@code newest} leads by {@code older} links to the leader, whose own is null. {@code newer}
 * links are set by leaders only, from the newest backwards, so those between the leader and the end of its group are there.
 * (3) A request is touched by nobody but its owner once its state is {@code DONE}.
 */
public final class CommitQueue {
    /** The bytes of a group, and what a small leader's group may add to it, so that it needn't wait for a large one. */
    private static final int MAX_GROUP_LENGTH = 1 << 20;

    private static final int SMALL_LEADER = MAX_GROUP_LENGTH / 8;

    private static final int MIN_SPINS = 16;
    private static final int MAX_SPINS = 4096;
    private static final int YIELDS = 8;

    private final Committer committer;
    private final AtomicReference<@Nullable CommitRequest> newest = new AtomicReference<>();

    /** How long it pays to spin: more where it helped, less where it did not. Races lose an adjustment, no more. */
    private volatile int spins = MIN_SPINS;

    /** Commits groups, one at a time. */
    @FunctionalInterface
    public interface Committer {
        /**
         * Commits the requests from {@code first} to {@code last} by {@link CommitRequest#next()}; what it throws becomes
         * the error of each of them.
         */
        void commit(CommitRequest first, CommitRequest last) throws Exception;
    }

    /** A queue before a committer. */
    public CommitQueue(Committer committer) {
        this.committer = committer;
    }

    /** Commits a request of this thread, and returns when that is done, or has failed: see {@link CommitRequest#error()}. */
    public void commit(CommitRequest request) {
        request.newer = null;
        request.state = CommitRequest.WAITING;
        CommitRequest before;
        do {
            before = newest.get();
            request.older = before;
        } while (!newest.compareAndSet(before, request));
        if (before == null || await(request) == CommitRequest.LEADER) {
            lead(request);
        }
        request.clear();
    }

    private void lead(CommitRequest leader) {
        CommitRequest last = formGroup(leader);
        Throwable error = null;
        try {
            committer.commit(leader, last);
        } catch (Throwable e) { // Errors too: the followers must not wait for ever
            error = e;
        }
        handOver(last);
        CommitRequest member = leader;
        while (member != last) {
            CommitRequest next = member.next();
            finish(member, leader, error);
            member = next;
        }
        finish(last, leader, error);
    }

    /** The last one of the leader's group. A sync is not put upon those who don't ask for one. */
    private CommitRequest formGroup(CommitRequest leader) {
        CommitRequest end = newest.get();
        if (end == null) {
            throw new IllegalStateException("the leader is not in the queue");
        }
        linkNewer(end);
        long length = leader.length();
        long limit = length <= SMALL_LEADER ? length + SMALL_LEADER : MAX_GROUP_LENGTH;
        CommitRequest last = leader;
        while (last != end) {
            CommitRequest next = last.next();
            length += next.length();
            if (length > limit || (next.sync() && !leader.sync())) {
                break;
            }
            last = next;
        }
        return last;
    }

    private static void linkNewer(CommitRequest end) {
        CommitRequest from = end;
        for (CommitRequest older = from.older; older != null && older.newer == null; older = from.older) {
            older.newer = from;
            from = older;
        }
    }

    private void handOver(CommitRequest last) {
        if (newest.compareAndSet(last, null)) {
            return;
        }
        CommitRequest end = newest.get();
        if (end == null) {
            throw new IllegalStateException("the queue lost its requests");
        }
        linkNewer(end);
        CommitRequest next = last.next();
        next.older = null;
        change(next, CommitRequest.LEADER);
    }

    private static void finish(CommitRequest member, CommitRequest leader, @Nullable Throwable error) {
        member.error(error);
        if (member != leader) {
            change(member, CommitRequest.DONE);
        }
    }

    private static void change(CommitRequest request, int state) {
        if ((int) CommitRequest.STATE.getAndSet(request, state) == CommitRequest.PARKED) {
            LockSupport.unpark(request.owner);
        }
    }

    @SuppressWarnings("ThreadPriorityCheck") // a hint; nothing relies on it
    private int await(CommitRequest request) {
        int limit = spins;
        for (int i = 0; i < limit + YIELDS; i++) {
            int state = request.state;
            if (state != CommitRequest.WAITING) {
                spins = Math.min(MAX_SPINS, limit + (limit >> 3) + 1);
                return state;
            }
            if (i < limit) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
        spins = Math.max(MIN_SPINS, limit - (limit >> 2));
        return park(request);
    }

    private int park(CommitRequest request) {
        boolean interrupted = false;
        if (CommitRequest.STATE.compareAndSet(request, CommitRequest.WAITING, CommitRequest.PARKED)) {
            while (request.state == CommitRequest.PARKED) {
                LockSupport.park(this);
                interrupted |= Thread.interrupted();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt(); // the write is decided by its group; whoever interrupts is told later
        }
        return request.state;
    }
}
