// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0

/** The storage port over Hadoop's FileSystem. */
@NullMarked
package io.sluice.storage.hadoop;

import org.jspecify.annotations.NullMarked;
