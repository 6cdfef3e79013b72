// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.IdleContract;
import io.sluice.transport.TransportFixture;

class TcpIdleTest extends IdleContract {
    @Override
    protected TransportFixture newFixture() {
        return new TcpFixture();
    }
}
