/**
 * What names DiSNI's classes. Loaded by {@code DisniLoader}, so that nothing outside holds on to them.
 */
@NullMarked
package io.sluice.transport.rdma.verbs;

import org.jspecify.annotations.NullMarked;
