// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0

/** Transports that fail on demand, a TCP fault proxy, a clock under the test's hand. */
@NullMarked
package io.sluice.testkit;

import org.jspecify.annotations.NullMarked;
