// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.flush.FlushReason;
import io.sluice.store.memtable.Memtable;
import io.sluice.store.memtable.SealedMemtable;

/** A memtable that waits for its flush. Its column family holds the memtable's first reference until then. */
record SealedBuffer(Memtable memtable, SealedMemtable sealed, FlushReason reason) {}
