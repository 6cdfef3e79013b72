@NullMarked
package io.sluice.cli.process;

import org.jspecify.annotations.NullMarked;
