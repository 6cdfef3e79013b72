// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.sluice.compaction.plugin;

import org.jspecify.annotations.NullMarked;
