// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.IdleContract;
import io.sluice.transport.TransportFixture;
import org.junit.jupiter.api.Timeout;

@Timeout(300) // a handshake costs a hundred times what it costs without TLS
class TlsIdleTest extends IdleContract {
    @Override
    protected TransportFixture newFixture() {
        return new TlsFixture();
    }
}
