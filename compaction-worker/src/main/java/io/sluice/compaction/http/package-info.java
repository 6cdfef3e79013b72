// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
/** What the HTTP servers of workers and stores have in common. */
@NullMarked
package io.sluice.compaction.http;

import org.jspecify.annotations.NullMarked;
