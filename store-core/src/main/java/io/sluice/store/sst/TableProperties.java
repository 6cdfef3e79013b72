// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.Slice;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The properties of a table. A value: equal where every property is. */
public record TableProperties(SortedMap<String, Slice> raw) {
    /** Every property by name, numbers in decimal, as {@code sst_dump} would show them. */
    public Map<String, String> asMap() {
        return new TreeMap<>();
    }
}
