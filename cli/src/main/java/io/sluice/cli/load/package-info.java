/** The load of a generator: what it writes, reads back and reports. */
@NullMarked
package io.sluice.cli.load;

import org.jspecify.annotations.NullMarked;
