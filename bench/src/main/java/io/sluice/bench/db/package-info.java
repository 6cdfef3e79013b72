// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
/** {@code sluice bench db}: db_bench's benchmarks, flags and report lines. */
@NullMarked
package io.sluice.bench.db;

import org.jspecify.annotations.NullMarked;
