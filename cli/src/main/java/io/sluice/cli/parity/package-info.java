/** Which of the capabilities in docs/parity.md hold, by the last run of the tests. */
@NullMarked
package io.sluice.cli.parity;

import org.jspecify.annotations.NullMarked;
