// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

import java.util.Map;

/** The orders that every process knows. */
public final class Comparators {
    /** By name. */
    public static final Map<String, KeyComparator> BUILT_IN = Map.of(
            BytewiseComparator.INSTANCE.name(), BytewiseComparator.INSTANCE,
            ReverseBytewiseComparator.INSTANCE.name(), ReverseBytewiseComparator.INSTANCE);

    private Comparators() {}
}
