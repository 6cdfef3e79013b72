// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0

/** A flush as a value, the port it leaves by, and its local executor. */
@NullMarked
package io.sluice.store.flush;

import org.jspecify.annotations.NullMarked;
