// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0

/**
 * Requests and responses over a connection's messages, both ways, with deadlines and typed errors. Meant for control: it
 * allocates a little per call; bulk data goes by one-sided operations.
 */
@NullMarked
package io.sluice.transport.rpc;

import org.jspecify.annotations.NullMarked;
