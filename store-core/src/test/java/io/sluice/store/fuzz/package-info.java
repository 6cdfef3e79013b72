// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0

/** What fuzz targets have in common. */
@NullMarked
package io.sluice.store.fuzz;

import org.jspecify.annotations.NullMarked;
