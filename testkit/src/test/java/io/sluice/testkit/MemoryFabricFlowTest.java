// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import io.sluice.transport.FlowContract;
import io.sluice.transport.TransportFixture;

class MemoryFabricFlowTest extends FlowContract {
    @Override
    protected TransportFixture newFixture() {
        return new MemoryFabricFixture();
    }
}
