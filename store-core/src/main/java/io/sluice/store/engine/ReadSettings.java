// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.sst.BlockReads;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * How an iterator reads; a value. See {@code io.sluice.store.ReadOptions} for each.
 *
 * @param sequence the number that is read at, or {@link Database#NEWEST}
 * @param blocks how it goes about blocks, but for the prefix, which is the column family's
 * @param lowerBound the first user key shown, or null
 * @param upperBound the first user key not shown any more, or null
 * @param prefixSameAsStart whether only keys with the prefix of the last seek's are shown
 * @param totalOrderSeek whether seeks ask no filters
 */
public record ReadSettings(
        long sequence,
        BlockReads blocks,
        @Nullable DirectBuffer lowerBound,
        @Nullable DirectBuffer upperBound,
        boolean prefixSameAsStart,
        boolean totalOrderSeek) {}
