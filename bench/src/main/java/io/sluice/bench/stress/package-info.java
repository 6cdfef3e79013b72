// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
/**
 * {@code sluice bench stress}: random load on a store whose process is killed, and one history of operations under many
 * option sets; what the store holds is compared with what it must hold. As RocksDB's {@code db_stress} and {@code
 * db_crashtest}.
 */
@NullMarked
package io.sluice.bench.stress;

import org.jspecify.annotations.NullMarked;
