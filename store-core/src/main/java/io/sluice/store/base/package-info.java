// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0

/** Coding, internal keys, order, errors: what every format is made of. */
@NullMarked
package io.sluice.store.base;

import org.jspecify.annotations.NullMarked;
