// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.LifecycleContract;
import io.sluice.transport.TransportFixture;

class TcpLifecycleTest extends LifecycleContract {
    @Override
    protected TransportFixture newFixture() {
        return new TcpFixture();
    }
}
