// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0

/** The memtable: arena, ordered index, live and sealed form. */
@NullMarked
package io.sluice.store.memtable;

import org.jspecify.annotations.NullMarked;
