@NullMarked
package io.sluice.cli.parity;

import org.jspecify.annotations.NullMarked;
