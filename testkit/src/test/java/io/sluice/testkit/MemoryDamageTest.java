// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import io.sluice.transport.DamageContract;
import io.sluice.transport.TransportFixture;

class MemoryDamageTest extends DamageContract {
    @Override
    protected TransportFixture newFixture() {
        return new MemoryFixture();
    }
}
