// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0

/**
 * The agent that owns connections: submission rings, credits, deadlines, liveness, one-sided operations. It runs over
 * any {@link io.sluice.transport.engine.Carrier} of byte streams; the transports are such carriers.
 *
 * <p>Who runs what: {@code EngineTransport} and {@code EngineConnection} are called by any thread; {@code Session},
 * {@code Inbound}, {@code Outbound}, {@code Handshake} and the carrier belong to the agent alone.
 */
@NullMarked
package io.sluice.transport.engine;

import org.jspecify.annotations.NullMarked;
