/** {@code sluice bench}: benchmarks, each a command. Each subpackage is one of them; they don't know each other. */
@NullMarked
package io.sluice.bench;

import org.jspecify.annotations.NullMarked;
