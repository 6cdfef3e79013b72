// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0

/**
 * The transport's contract: connections that carry messages, registered off-heap memory, and one-sided reads and writes
 * of memory that a peer exposed.
 *
 * <p>A {@link io.sluice.transport.Transport} owns one engine agent. Callbacks ({@link
 * io.sluice.transport.ConnectionListener}, {@link io.sluice.transport.OperationHandler}, {@link
 * io.sluice.transport.AcceptHandler}, stages of {@link io.sluice.transport.Transport#connect}'s future) run on that
 * agent: they must be short and must not block. Everything else may be called from any thread unless it says otherwise.
 */
@NullMarked
package io.sluice.transport;

import org.jspecify.annotations.NullMarked;
