// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import io.sluice.transport.OneSidedContract;
import io.sluice.transport.TransportFixture;

class MemoryFabricOneSidedTest extends OneSidedContract {
    @Override
    protected TransportFixture newFixture() {
        return new MemoryFabricFixture();
    }
}
