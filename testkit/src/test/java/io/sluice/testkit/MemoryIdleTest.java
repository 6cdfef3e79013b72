// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import io.sluice.transport.IdleContract;
import io.sluice.transport.TransportFixture;

class MemoryIdleTest extends IdleContract {
    @Override
    protected TransportFixture newFixture() {
        return new MemoryFixture();
    }
}
