// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.engine.Carrier;
import io.sluice.transport.engine.EngineTransport;

/** Opens transports over TCP. The stream is authenticated but not encrypted. */
public final class TcpTransport {
    private TcpTransport() {}

    /**
     * Opens one.
     *
     * @param context its settings, concluded here
     * @throws TransportException {@code RESOURCES} where the system gives no selector
     * @throws IllegalArgumentException where a setting is out of range
     */
    public static Transport open(TransportContext context) throws TransportException {
        return new EngineTransport(context.conclude(), carrier(context));
    }

    /**
     * The sockets beneath a transport, as its settings have them; for transports that begin on TCP.
     *
     * @throws TransportException {@code RESOURCES} where the system gives no selector
     */
    public static Carrier carrier(TransportContext context) throws TransportException {
        return new TcpCarrier(context.nanoClock());
    }
}
