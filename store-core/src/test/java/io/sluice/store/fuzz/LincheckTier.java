// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.fuzz;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.StressOptions;

/** How much Lincheck does: little in the suite, more with {@code -Dsluice.lincheck.scale=N}. */
public final class LincheckTier {
    private static final int SCALE = Integer.getInteger("sluice.lincheck.scale", 1);

    private LincheckTier() {}

    /** Random scenarios, each run many times by threads that race. */
    public static StressOptions stress() {
        return new StressOptions()
                .iterations(8 * SCALE)
                .invocationsPerIteration(800)
                .threads(3)
                .actorsPerThread(4)
                .actorsBefore(2)
                .actorsAfter(2)
                .minimizeFailedScenario(false); // which takes minutes where a race is rare
    }

    /** Random scenarios, each run in many orders that Lincheck chooses. */
    public static ModelCheckingOptions model() {
        return new ModelCheckingOptions()
                .iterations(10 * SCALE)
                .invocationsPerIteration(500)
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(1)
                .actorsAfter(1);
    }
}
