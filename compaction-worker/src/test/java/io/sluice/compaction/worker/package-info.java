@NullMarked
package io.sluice.compaction.worker;

import org.jspecify.annotations.NullMarked;
