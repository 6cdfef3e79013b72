// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.engine.Carrier;
import org.junit.jupiter.api.Timeout;

/** Records and handshakes of TLS, cut by the network wherever it likes. */
@Timeout(300)
class TlsPartialIoTest extends PartialIoTest {
    @Override
    Carrier over(Carrier slicing) throws Exception {
        return new TlsCarrier(slicing, new TlsEngines(TlsCertificates.ours().context()), "slicing");
    }

    @Override
    int prefixStep() {
        return 20; // a handshake takes its time
    }
}
