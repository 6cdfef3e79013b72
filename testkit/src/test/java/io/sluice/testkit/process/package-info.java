@NullMarked
package io.sluice.testkit.process;

import org.jspecify.annotations.NullMarked;
