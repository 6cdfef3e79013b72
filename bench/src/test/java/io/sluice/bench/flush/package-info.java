@NullMarked
package io.sluice.bench.flush;

import org.jspecify.annotations.NullMarked;
