// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0

/** Whole remote flushes in one process: real transports, real stores. */
@NullMarked
package io.sluice.flush.scenario;

import org.jspecify.annotations.NullMarked;
