// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma;

import io.sluice.transport.RdmaSettings;
import io.sluice.transport.RdmaSettings.Policy;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.TransportException.Kind;
import io.sluice.transport.engine.DataPathProvider;
import io.sluice.transport.engine.EngineTransport;
import io.sluice.transport.tcp.TcpTransport;

/**
 * Opens transports whose connections begin on TCP and move their data over RDMA where both sides can, as {@link
 * TransportContext#rdma()} says. A connection's {@link io.sluice.transport.Connection#path()} tells which, and why.
 */
public final class RdmaTransport {
    private RdmaTransport() {}

    /**
     * Opens one. Where RDMA can't be had and is not required, the transport is over TCP, and its connections say why.
     *
     * @param context its settings, concluded here
     * @throws TransportException {@code RESOURCES} where RDMA is required and can't be had, as {@link
     *     RdmaSupport#require} and {@code transport.rdma.fabric} where the fabric was not declared trusted; otherwise as
     *     {@link TcpTransport#open}
     * @throws IllegalArgumentException where a setting is out of range
     */
    public static Transport open(TransportContext context) throws TransportException {
        RdmaSettings settings = context.conclude().rdma();
        if (settings.policy() == Policy.OFF) {
            return new EngineTransport(context, TcpTransport.carrier(context), null, "RDMA is off here");
        }
        DataPathProvider provider;
        try {
            provider = provider(context);
        } catch (TransportException e) {
            if (settings.policy() == Policy.REQUIRE) {
                throw e;
            }
            return new EngineTransport(context, TcpTransport.carrier(context), null, String.valueOf(e.getMessage()));
        }
        try {
            return new EngineTransport(context, TcpTransport.carrier(context), provider, "");
        } catch (TransportException | RuntimeException e) {
            provider.close();
            throw e;
        }
    }

    private static DataPathProvider provider(TransportContext context) throws TransportException {
        if (!context.rdma().fabricTrusted()) {
            throw new TransportException(
                    Kind.RESOURCES,
                    "transport.rdma.fabric",
                    "RDMA is neither encrypted nor are its peers proven: it needs a network of its own, and"
                            + " rdma_fabric_trusted=true to say so");
        }
        return RdmaSupport.open(context);
    }
}
