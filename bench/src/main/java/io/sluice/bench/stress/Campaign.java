// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import java.io.IOException;
import java.util.Map;

/** One way to look for findings, for as long as it is let. */
interface Campaign {
    /**
     * Goes on until the deadline.
     *
     * @param deadlineNs of {@link System#nanoTime}
     */
    void run(long deadlineNs) throws IOException, InterruptedException, Finding;

    /** What was done so far. */
    Map<String, Object> figures();
}
