// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.StrangerContract;
import io.sluice.transport.TransportFixture;

class TcpStrangerTest extends StrangerContract {
    @Override
    protected TransportFixture newFixture() {
        return new TcpFixture();
    }
}
