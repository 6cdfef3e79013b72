// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One thread's place in a {@link CommitQueue}, used again for each of its writes. Its fields are the owner's until it joins
 * and from when its state is final; in between they are the leader's of its group.
 */
public class CommitRequest {
    static final int WAITING = 0;
    /** As {@link #WAITING}, but its owner sleeps. */
    static final int PARKED = 1;
    /** Its owner leads the next group. */
    static final int LEADER = 2;
    /** Its group is done. */
    static final int DONE = 3;

    static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(CommitRequest.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final Thread owner = Thread.currentThread();
    volatile int state;
    volatile @Nullable CommitRequest older;

    @Nullable
    CommitRequest newer;

    private @Nullable Batch batch;
    private boolean sync;
    private boolean flush;
    private long sequence;
    private @Nullable Throwable error;

    /** A request of the calling thread. */
    public CommitRequest() {}

    /**
     * Makes it ready to be committed.
     *
     * @param toWrite what is to be written, or null for nothing but what the flags ask
     * @param toSync whether all before and this are to be durable
     * @param toFlush whether all before and this are to be with the operating system
     */
    public final void prepare(@Nullable Batch toWrite, boolean toSync, boolean toFlush) {
        batch = toWrite;
        sync = toSync;
        flush = toFlush;
        sequence = 0;
        error = null;
    }

    /** What is to be written, or null. */
    public final @Nullable Batch batch() {
        return batch;
    }

    /** Whether it asks to be durable. */
    public final boolean sync() {
        return sync;
    }

    /** Whether it asks to be with the operating system. */
    public final boolean flush() {
        return flush;
    }

    /** The first of the sequence numbers that it got, or 0 where it got none. */
    public final long sequence() {
        return sequence;
    }

    /** Set by the leader, before anything can fail. */
    public final void sequence(long first) {
        sequence = first;
    }

    /** Why its group failed, or null. */
    public final @Nullable Throwable error() {
        return error;
    }

    final void error(@Nullable Throwable cause) {
        error = cause;
    }

    /** The next one of its group, for the leader. */
    public final CommitRequest next() {
        CommitRequest next = newer;
        if (next == null) {
            throw new IllegalStateException("the last one of its group");
        }
        return next;
    }

    /** Called by the leader before the batch is appended to the log of this number. */
    public void logging(long logNumber) {}

    final int length() {
        Batch writes = batch;
        return writes == null ? 0 : writes.length();
    }

    /** Drops what it points at, so that an idle thread keeps nothing alive. */
    final void clear() {
        batch = null;
        older = null;
        newer = null;
    }
}
