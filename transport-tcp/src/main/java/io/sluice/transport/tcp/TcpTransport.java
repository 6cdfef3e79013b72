// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.engine.Carrier;
import io.sluice.transport.engine.EngineTransport;
import javax.net.ssl.SSLContext;

/**
 * Opens transports over TCP: with {@link TransportContext#tls()} over TLS 1.3; without it unencrypted, and on loopback
 * only unless {@link TransportContext#plaintext()} says otherwise.
 */
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
     * @throws IllegalArgumentException where the context's {@link SSLContext} has no TLS 1.3
     */
    public static Carrier carrier(TransportContext context) throws TransportException {
        SSLContext tls = context.tls();
        if (tls == null) {
            return new TcpCarrier(context.nanoClock(), !context.plaintext());
        }
        TlsEngines engines = new TlsEngines(tls);
        return new TlsCarrier(new TcpCarrier(context.nanoClock(), false), engines, context.name());
    }
}
