// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.Transport;
import io.sluice.transport.TransportContext;
import io.sluice.transport.TransportException;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The same with TLS. */
final class TlsFixture extends TcpFixture {
    @Override
    public Transport open(TransportContext context) throws TransportException {
        try {
            return super.open(context.tls(TlsCertificates.ours().context()));
        } catch (TransportException e) {
            throw e;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public int reconnects() {
        return 60; // each with two signatures and their checks
    }
}
