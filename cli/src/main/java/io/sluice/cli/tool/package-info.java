// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
/** Tools that look at a store's files, and what all tools share. Nothing here changes a file. */
@NullMarked
package io.sluice.cli.tool;

import org.jspecify.annotations.NullMarked;
