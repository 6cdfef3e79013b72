// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.memory;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;

/** What this JVM allows of direct memory. */
public final class DirectMemory {
    private DirectMemory() {}

    /**
     * Bytes that all direct buffers of this JVM may take together: {@code -XX:MaxDirectMemorySize}, which where it is not
     * set is as much as the heap ({@code -Xmx}).
     */
    public static long limit() {
        HotSpotDiagnosticMXBean jvm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        long set = jvm == null
                ? 0
                : Long.parseLong(jvm.getVMOption("MaxDirectMemorySize").getValue());
        return set > 0
                ? set
                : ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getMax();
    }
}
