@NullMarked
package io.sluice.store.options;

import org.jspecify.annotations.NullMarked;
