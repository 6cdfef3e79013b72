// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
/** Where a worker finds comparators, merge operators and compaction filters: on its class path, and in each store's jars. */
@NullMarked
package io.sluice.compaction.plugin;

import org.jspecify.annotations.NullMarked;
