/** All roles on one machine. */
@NullMarked
package io.sluice.cli.demo;

import org.jspecify.annotations.NullMarked;
