/** The engine: column families, the ways of a write, a read and a flush, recovery, and the threads that run them. */
@NullMarked
package io.sluice.store.engine;

import org.jspecify.annotations.NullMarked;
