// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.flush.FlushJob;
import io.sluice.store.flush.FlushResult;
import io.sluice.store.job.TableVerifier;
import org.jspecify.annotations.Nullable;

/**
 * A flush whose result was verified, and whose table is in its place, but in no version yet.
 *
 * @param verified its table, or null where nothing is left of its entries
 * @param outcome to be told what becomes of it
 */
record PreparedFlush(
        FlushTask task,
        FlushJob job,
        FlushResult result,
        TableVerifier.@Nullable Verified verified,
        FlushInstaller.Outcome outcome) {}
