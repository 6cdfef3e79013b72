// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import io.sluice.transport.ProcessContract;
import io.sluice.transport.TransportFixture;

class MemoryProcessTest extends ProcessContract {
    @Override
    protected TransportFixture newFixture() {
        return new MemoryFixture();
    }
}
