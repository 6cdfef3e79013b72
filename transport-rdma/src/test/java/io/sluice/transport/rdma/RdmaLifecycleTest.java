// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma;

import io.sluice.transport.LifecycleContract;
import io.sluice.transport.TransportFixture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

@Tag("soft-roce")
@Timeout(600)
class RdmaLifecycleTest extends LifecycleContract {
    @Override
    protected TransportFixture newFixture() {
        return new RdmaFixture();
    }
}
