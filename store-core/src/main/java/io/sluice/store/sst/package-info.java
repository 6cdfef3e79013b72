// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0

/** RocksDB's block-based table format: blocks, filters, compression, writer and reader. */
@NullMarked
package io.sluice.store.sst;

import org.jspecify.annotations.NullMarked;
