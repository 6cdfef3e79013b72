// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
/** {@code sluice db}: a store's entries from the command line, as {@code ldb} does. */
@NullMarked
package io.sluice.cli.db;

import org.jspecify.annotations.NullMarked;
