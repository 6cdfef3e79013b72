// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/** Makes the engines of TLS: version 1.3 only, a certificate from each side, and no session resumed. */
final class TlsEngines {
    private static final String VERSION = "TLSv1.3";

    private final SSLContext context;

    /**
     * For the keys and authorities of a context.
     *
     * @throws IllegalArgumentException where it has no TLS 1.3
     */
    TlsEngines(SSLContext context) {
        this.context = context;
        if (!List.of(context.getSupportedSSLParameters().getProtocols()).contains(VERSION)) {
            throw new IllegalArgumentException("tls: this SSLContext has no " + VERSION);
        }
    }

    SSLEngine create(boolean dialler) {
        // Without the peer's address: under it a dialler would keep the session, and resume it without a new proof.
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(dialler);
        engine.setEnabledProtocols(new String[] {VERSION});
        engine.setNeedClientAuth(true);
        return engine;
    }
}
