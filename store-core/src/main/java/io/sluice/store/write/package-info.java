/** What a write is (a batch), in which order writes become visible, and when they must wait. */
@NullMarked
package io.sluice.store.write;

import org.jspecify.annotations.NullMarked;
