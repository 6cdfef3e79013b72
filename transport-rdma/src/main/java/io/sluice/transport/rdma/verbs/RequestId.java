// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

/**
 * What a request and its completion have in common, and all that a failed completion tells. A connection has a completion
 * queue of its own, so this need not name the connection: it is the number of a send, write or read, counted from 0, which
 * {@link SendQueue} knows more of, or the complement of a receive's slot.
 */
final class RequestId {
    private RequestId() {}

    static long ofReceive(int slot) {
        return ~(long) slot;
    }

    static boolean isReceive(long id) {
        return id < 0;
    }

    static int slot(long id) {
        return (int) ~id;
    }
}
