@NullMarked
package io.sluice.cli.command;

import org.jspecify.annotations.NullMarked;
