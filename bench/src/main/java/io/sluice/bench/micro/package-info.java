/** {@code sluice bench micro}: JMH benchmarks of the hot paths, with the garbage that each operation leaves. */
@NullMarked
package io.sluice.bench.micro;

import org.jspecify.annotations.NullMarked;
