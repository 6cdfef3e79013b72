// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0

/** The log framing that write-ahead log and manifest share. */
@NullMarked
package io.sluice.store.wal;

import org.jspecify.annotations.NullMarked;
