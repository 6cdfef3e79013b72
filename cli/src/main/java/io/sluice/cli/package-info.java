/** The {@code sluice} command: its subcommands, and how they end. */
@NullMarked
package io.sluice.cli;

import org.jspecify.annotations.NullMarked;
