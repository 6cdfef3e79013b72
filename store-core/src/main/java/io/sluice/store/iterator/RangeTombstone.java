// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import io.sluice.store.base.Slice;

/**
 * A deletion of all keys from {@code start} to below {@code end} that are older than it. A value.
 *
 * @param start the first user key deleted
 * @param end the first user key not deleted any more
 * @param sequence its sequence number
 */
public record RangeTombstone(Slice start, Slice end, long sequence) {}
