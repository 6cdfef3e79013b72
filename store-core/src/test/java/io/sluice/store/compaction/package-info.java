/** Tests of compaction. */
@NullMarked
package io.sluice.store.compaction;

import org.jspecify.annotations.NullMarked;
