@NullMarked
package io.sluice.compaction;

import org.jspecify.annotations.NullMarked;
