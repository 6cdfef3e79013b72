// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.OtherProcess;
import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import io.sluice.transport.engine.Carrier;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The same with TLS. */
final class TlsFixture extends TcpFixture {
    @Override
    public Transport open(TransportContext context) throws TransportException {
        return super.open(withTls(context));
    }

    @Override
    public Carrier carrier(TransportContext context) throws TransportException {
        return super.carrier(withTls(context));
    }

    private static TransportContext withTls(TransportContext context) {
        try {
            return context.tls(TlsCertificates.ours().context());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public OtherProcess startProcess() throws Exception {
        TestAuthority.Issued files = TlsCertificates.ours().files();
        return TcpPeerProcess.start(
                files.certificate(), files.key(), TlsCertificates.ours().authority());
    }

    @Override
    public int reconnects() {
        return Integer.getInteger("sluice.test.reconnects", 60); // each with two signatures and their checks
    }
}
