/** Real processes under test: started, watched, killed, and never left behind. */
@NullMarked
package io.sluice.testkit.process;

import org.jspecify.annotations.NullMarked;
