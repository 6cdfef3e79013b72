/** Leveled compaction: what is due, the job as a value, the port it leaves by, and its local executor. */
@NullMarked
package io.sluice.store.compaction;

import org.jspecify.annotations.NullMarked;
