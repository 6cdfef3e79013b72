// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Bytes that Java threads have allocated on the heap. */
final class Garbage {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Garbage() {}

    /** By the calling thread, so far. Itself without garbage. */
    static long ofThisThread() {
        return THREADS.getCurrentThreadAllocatedBytes();
    }

    /** By the thread of that id, so far. */
    static long of(long threadId) {
        return THREADS.getThreadAllocatedBytes(threadId);
    }
}
