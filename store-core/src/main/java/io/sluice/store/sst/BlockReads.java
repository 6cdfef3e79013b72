// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.PrefixExtractor;
import org.jspecify.annotations.Nullable;

/**
 * How a read goes about blocks; a value.
 *
 * @param fillCache whether data blocks that are read from the file stay in the cache
 * @param verifyChecksums whether blocks that are read from the file are checked against their checksums
 * @param cacheOnly whether the read ends where a block is not in memory
 * @param seekPrefix what cuts the prefix that a seek is for: a table whose filter says that it has none of that prefix is
 *     passed over; null where seeks are for all keys
 */
public record BlockReads(
        boolean fillCache,
        boolean verifyChecksums,
        boolean cacheOnly,
        @Nullable PrefixExtractor seekPrefix) {
    /** What reads do unless they say otherwise. */
    public static final BlockReads DEFAULT = new BlockReads(true, true, false, null);
}
