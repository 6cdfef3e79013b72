// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import io.sluice.transport.TransportContract;
import io.sluice.transport.TransportFixture;

class MemoryFabricTransportTest extends TransportContract {
    @Override
    protected TransportFixture newFixture() {
        return new MemoryFabricFixture();
    }
}
