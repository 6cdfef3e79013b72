// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.generator;

import io.sluice.store.base.StoreException;
import io.sluice.store.flush.JobId;
import io.sluice.transport.ConnectionPath;
import org.jspecify.annotations.Nullable;

/**
 * How an attempt at a remote flush ended. A value.
 *
 * @param id the job
 * @param memnode the memnode's name, or null where none was found
 * @param path what carries data to that memnode, or null
 * @param worker the worker's name, or null where none was placed
 * @param failure why it came to nothing, or null where it made the SST
 * @param error the error, the worker's own where it reported one, or null where it made the SST
 */
public record AttemptReport(
        JobId id,
        @Nullable String memnode,
        @Nullable ConnectionPath path,
        @Nullable String worker,
        @Nullable FallbackReason failure,
        @Nullable StoreException error) {}
