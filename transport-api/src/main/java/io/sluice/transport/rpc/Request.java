// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rpc;

import io.sluice.transport.PeerIdentity;
import org.agrona.DirectBuffer;

/**
 * A request of a peer.
 *
 * @param peer who asks
 * @param type the application's number for what is asked
 * @param payload the bytes from 0 to its capacity; the handler's to keep
 * @param deadlineNs when the peer stops waiting, on the transport's clock
 */
public record Request(PeerIdentity peer, int type, DirectBuffer payload, long deadlineNs) {}
