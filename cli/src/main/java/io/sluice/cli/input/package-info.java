/** Records of real data: TSV, CSV and JSON lines. */
@NullMarked
package io.sluice.cli.input;

import org.jspecify.annotations.NullMarked;
