/**
 * The store, as programs embed it: open a {@link io.sluice.store.Store}, put, get, iterate, flush. Terms and option names
 * are RocksDB's. Nothing below this package is public API, but for the value types and ports that stand in the
 * signatures here. Every error is a {@link io.sluice.store.base.StoreException}.
 */
@NullMarked
package io.sluice.store;

import org.jspecify.annotations.NullMarked;
