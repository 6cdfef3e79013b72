// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0

/** Walking sorted entries: merging, and what a reader may see. */
@NullMarked
package io.sluice.store.iterator;

import org.jspecify.annotations.NullMarked;
