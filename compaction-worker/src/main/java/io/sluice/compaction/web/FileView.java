// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.web;

import org.jspecify.annotations.Nullable;

/**
 * An SST on a page. A value.
 *
 * @param name its file name
 * @param level where it is, or will be
 * @param bytes its size
 * @param entries in it, or null where that is not known
 * @param smallest user key, as text
 * @param largest user key, as text
 * @param smallestSequence of its entries
 * @param largestSequence of its entries
 * @param builder who built it, or null where that is not known
 */
public record FileView(
        String name,
        int level,
        long bytes,
        @Nullable Long entries,
        String smallest,
        String largest,
        long smallestSequence,
        long largestSequence,
        @Nullable String builder) {}
