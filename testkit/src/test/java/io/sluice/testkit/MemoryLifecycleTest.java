// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import io.sluice.transport.LifecycleContract;
import io.sluice.transport.TransportFixture;

class MemoryLifecycleTest extends LifecycleContract {
    @Override
    protected TransportFixture newFixture() {
        return new MemoryFixture();
    }
}
