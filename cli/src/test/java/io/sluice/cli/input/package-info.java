@NullMarked
package io.sluice.cli.input;

import org.jspecify.annotations.NullMarked;
