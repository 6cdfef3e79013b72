// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0

/** The one routine that turns sorted entries into SSTs: local flush, remote flush and compaction run it alike. */
@NullMarked
package io.sluice.store.job;

import org.jspecify.annotations.NullMarked;
