@NullMarked
package io.sluice.bench.common;

import org.jspecify.annotations.NullMarked;
