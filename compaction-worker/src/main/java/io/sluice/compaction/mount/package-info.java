// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
/**
 * File systems that a worker mounts because a job names them: which of them its owner allows, and how long they stay.
 */
@NullMarked
package io.sluice.compaction.mount;

import org.jspecify.annotations.NullMarked;
