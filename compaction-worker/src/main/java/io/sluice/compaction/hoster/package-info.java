/** Remote compaction of a store: its settings, whom it asks, and how a job gets through whatever fails. */
@NullMarked
package io.sluice.compaction.hoster;

import org.jspecify.annotations.NullMarked;
