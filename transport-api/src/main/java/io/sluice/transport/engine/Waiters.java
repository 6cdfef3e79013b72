// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Who waits until something can be submitted, and for what: one that was refused a message is not to be woken, in vain and
 * again and again, because operations are free, nor kept asleep by another's want of credit. Safe for concurrent use.
 *
 * <p>What a thread was refused last is what it waits for when it asks to be woken. Of a thread that was refused nothing it
 * is not known, so it waits for both.
 */
final class Waiters {
    /** What there may be too little of. */
    enum Want {
        /** Credit for a message, and room for it in the ring. */
        MESSAGE,
        /** A slot for an operation, and room for it in the ring. */
        OPERATION,
        /** It is not known which. */
        EITHER
    }

    private final ThreadLocal<Want> refused = ThreadLocal.withInitial(() -> Want.EITHER);
    private volatile boolean some;

    @GuardedBy("this")
    private final List<Waiter> waiting = new ArrayList<>();

    private record Waiter(Runnable action, Want want) {}

    /** The calling thread was refused that. */
    void refused(Want want) {
        refused.set(want);
    }

    void add(Runnable action) {
        Want want = refused.get();
        refused.remove();
        synchronized (this) {
            waiting.add(new Waiter(action, want));
            some = true;
        }
    }

    boolean isEmpty() {
        return !some;
    }

    /** Those that may succeed now, in their order. */
    synchronized List<Runnable> take(boolean messages, boolean operations) {
        List<Runnable> taken = new ArrayList<>();
        for (Iterator<Waiter> each = waiting.iterator(); each.hasNext(); ) {
            Waiter waiter = each.next();
            boolean may = switch (waiter.want()) {
                case MESSAGE -> messages;
                case OPERATION -> operations;
                case EITHER -> messages && operations;
            };
            if (may) {
                taken.add(waiter.action());
                each.remove();
            }
        }
        some = !waiting.isEmpty();
        return taken;
    }
}
