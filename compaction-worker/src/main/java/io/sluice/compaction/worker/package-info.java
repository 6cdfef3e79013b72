/**
 * The compaction worker: takes jobs over HTTP, runs them as {@link io.sluice.store.compaction.CompactionAttempt}s on the
 * storage that they name, and tells how they come on.
 */
@NullMarked
package io.sluice.compaction.worker;

import org.jspecify.annotations.NullMarked;
