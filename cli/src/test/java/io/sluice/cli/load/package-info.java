@NullMarked
package io.sluice.cli.load;

import org.jspecify.annotations.NullMarked;
