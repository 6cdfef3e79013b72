/**
 * RDMA on this machine: verbs through DiSNI, over a native library of Sluice's own.
 */
@NullMarked
package io.sluice.transport.rdma;

import org.jspecify.annotations.NullMarked;
