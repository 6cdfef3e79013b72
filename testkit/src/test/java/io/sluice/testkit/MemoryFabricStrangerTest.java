// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import io.sluice.transport.StrangerContract;
import io.sluice.transport.TransportFixture;

class MemoryFabricStrangerTest extends StrangerContract {
    @Override
    protected TransportFixture newFixture() {
        return new MemoryFabricFixture();
    }
}
