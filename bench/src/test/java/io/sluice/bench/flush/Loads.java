// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import io.sluice.store.sst.CompressionType;

/** Small loads. */
final class Loads {
    private Loads() {}

    /** One whose memtables are flushed several times. */
    static Load small(int writers, int columnFamilies) {
        return new Load(
                2000, 16, 100, writers, columnFamilies, CompressionType.NONE, 64 << 10, 4, 64 << 20, 100 << 20, 1, 0);
    }
}
