// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0

/** The block cache: uncompressed blocks of tables in off-heap memory, with a byte bound. */
@NullMarked
package io.sluice.store.cache;

import org.jspecify.annotations.NullMarked;
