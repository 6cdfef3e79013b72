@NullMarked
package io.sluice.bench.compaction;

import org.jspecify.annotations.NullMarked;
