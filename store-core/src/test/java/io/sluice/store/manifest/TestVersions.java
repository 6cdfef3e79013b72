// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import io.sluice.store.base.BytewiseComparator;
import java.util.ArrayList;
import java.util.List;

/** Versions that no store has. */
public final class TestVersions {
    private TestVersions() {}

    /** A version with these files on its levels, from L0 on, each in its level's order. */
    public static Version of(List<List<FileMetadata>> levels) {
        List<List<FileMetadata>> all = new ArrayList<>(levels);
        while (all.size() < 7) {
            all.add(List.of());
        }
        return new Version(BytewiseComparator.INSTANCE, all);
    }
}
