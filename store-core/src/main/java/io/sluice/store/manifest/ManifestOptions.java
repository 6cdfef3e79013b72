// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.Comparators;
import io.sluice.store.base.KeyComparator;
import java.security.SecureRandom;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link VersionSet} is opened.
 *
 * @param createIfMissing whether a store is made where there is none
 * @param defaultComparator the order of the default column family of a store that is made, or whose
 *     manifest does not tell it, as RocksDB leaves it under {@code reuse_manifest_on_open}
 * @param comparators the comparator of a name, or null where it is not known
 * @param maxManifestFileSize bytes from which on a manifest is written anew, at the next edit
 * @param random gives the id of a store that is made
 */
public record ManifestOptions(
        boolean createIfMissing,
        KeyComparator defaultComparator,
        Function<String, @Nullable KeyComparator> comparators,
        long maxManifestFileSize,
        RandomGenerator random) {
    /** RocksDB's {@code max_manifest_file_size}. */
    public static final long DEFAULT_MAX_MANIFEST_FILE_SIZE = 1L << 30;

    /** Makes the store where it is missing, in bytewise order; knows the {@link Comparators}. */
    public static ManifestOptions defaults() {
        return new ManifestOptions(
                true,
                BytewiseComparator.INSTANCE,
                Comparators.BUILT_IN::get,
                DEFAULT_MAX_MANIFEST_FILE_SIZE,
                new SecureRandom());
    }
}
