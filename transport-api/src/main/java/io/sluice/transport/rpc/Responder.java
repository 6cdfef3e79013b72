// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rpc;

import org.agrona.DirectBuffer;

/**
 * Answers one request, once, from any thread, at any time. An answer after the deadline is sent and ignored by the peer;
 * one after the connection ended goes nowhere.
 */
public interface Responder {
    /**
     * Answers with a copy of some bytes.
     *
     * @throws IllegalStateException where it was answered before
     * @throws IllegalArgumentException where {@code length} is above {@link RpcEndpoint#maxPayloadLength()}
     */
    void respond(DirectBuffer payload, int offset, int length);

    /** Answers with all of a buffer. */
    default void respond(DirectBuffer payload) {
        respond(payload, 0, payload.capacity());
    }

    /**
     * Answers with an error; the peer gets it as an {@link RpcException}. Code and message are cut where they don't fit
     * into a message.
     *
     * @param status the application's number, not negative
     * @param code stable dotted name of the error
     * @param message for a person
     * @throws IllegalStateException where it was answered before
     */
    void fail(int status, String code, String message);
}
