// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0

/** The port for off-heap blocks. */
@NullMarked
package io.sluice.store.memory;

import org.jspecify.annotations.NullMarked;
