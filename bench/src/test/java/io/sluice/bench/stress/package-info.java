// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
/** Tests of {@code sluice bench stress}, and its quick tier. */
@NullMarked
package io.sluice.bench.stress;

import org.jspecify.annotations.NullMarked;
