@NullMarked
package io.sluice.bench.transport;

import org.jspecify.annotations.NullMarked;
