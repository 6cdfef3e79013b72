// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.TransportContract;
import io.sluice.transport.TransportFixture;

class TcpTransportTest extends TransportContract {
    @Override
    protected TransportFixture newFixture() {
        return new TcpFixture();
    }
}
