/** Other JVMs that this one starts, and that die with it. */
@NullMarked
package io.sluice.cli.process;

import org.jspecify.annotations.NullMarked;
