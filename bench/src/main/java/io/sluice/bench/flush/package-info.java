/** {@code sluice bench flush}: puts per second while memtables are flushed, here and on workers, beside RocksDB. */
@NullMarked
package io.sluice.bench.flush;

import org.jspecify.annotations.NullMarked;
