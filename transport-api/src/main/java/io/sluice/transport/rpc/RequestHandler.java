// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rpc;

/** Serves the requests of a peer. */
@FunctionalInterface
public interface RequestHandler {
    /**
     * A request, on the endpoint's executor. Answer it now or later, from any thread. Where this throws and nothing was
     * answered, the peer gets an error with {@link RpcException#STATUS_HANDLER_FAILED}.
     *
     * @throws Exception any: it is told to the peer, by its class and message
     */
    void onRequest(Request request, Responder responder) throws Exception;
}
