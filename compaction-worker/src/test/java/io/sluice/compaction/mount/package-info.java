// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.sluice.compaction.mount;

import org.jspecify.annotations.NullMarked;
