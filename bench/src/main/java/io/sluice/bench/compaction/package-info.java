/** {@code sluice bench compaction}: what it costs to have compactions on workers, and what it brings. */
@NullMarked
package io.sluice.bench.compaction;

import org.jspecify.annotations.NullMarked;
