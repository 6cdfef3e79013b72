// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.transport;

import io.sluice.bench.common.EnumConverter;
import io.sluice.transport.RdmaSettings;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.rdma.RdmaTransport;
import io.sluice.transport.tcp.TcpTransport;
import java.io.IOException;
import java.net.InetAddress;
import java.util.Locale;

/** What carries the messages. */
enum Transports {
    TCP,
    /** TCP within TLS. */
    TLS,
    RDMA;

    /** One is used; the one of the run before may still be on its way out. */
    private static final int CONNECTIONS = 4;

    /** Opens one; over RDMA, or not at all, where that is meant. */
    Transport open(Load load, TransportContext context) throws IOException {
        if (this == TCP) {
            return TcpTransport.open(context);
        }
        if (this == TLS) {
            return TcpTransport.open(context.tls(Certificates.context(load)));
        }
        return RdmaTransport.open(context.rdma(RdmaSettings.of(RdmaSettings.Policy.REQUIRE)
                .withFabricTrusted(true)
                .withAddress(InetAddress.getByName(load.host))
                .withConnections(CONNECTIONS)));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** For the command line. */
    static final class Converter extends EnumConverter<Transports> {
        Converter() {
            super(values());
        }
    }
}
