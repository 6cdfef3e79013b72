@NullMarked
package io.sluice.bench.micro;

import org.jspecify.annotations.NullMarked;
