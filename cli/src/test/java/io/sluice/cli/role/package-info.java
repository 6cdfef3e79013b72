@NullMarked
package io.sluice.cli.role;

import org.jspecify.annotations.NullMarked;
