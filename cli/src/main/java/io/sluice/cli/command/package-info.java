/** What the commands share: how they fail, say that they are ready, and stop. */
@NullMarked
package io.sluice.cli.command;

import org.jspecify.annotations.NullMarked;
