/** The roles as commands. */
@NullMarked
package io.sluice.cli.role;

import org.jspecify.annotations.NullMarked;
