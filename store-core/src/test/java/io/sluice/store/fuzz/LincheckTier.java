// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.fuzz;

import org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt;
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
                .invocationsPerIteration(500)
                .threads(3)
                .actorsPerThread(4)
                .actorsBefore(2)
                .actorsAfter(2);
    }

    /**
     * Random scenarios, each run in many orders that Lincheck chooses. It sees no memory behind Unsafe: each call of a
     * buffer is one step of the order, and is taken to be atomic.
     */
    public static ModelCheckingOptions model() {
        return new ModelCheckingOptions()
                .iterations(5 * SCALE)
                .invocationsPerIteration(300)
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(1)
                .actorsAfter(1)
                .addGuarantee(ManagedStrategyGuaranteeKt.forClasses(name -> name.startsWith("org.agrona."))
                        .allMethods()
                        .treatAsAtomic());
    }
}
