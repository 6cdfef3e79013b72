// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.testkit;

import io.sluice.transport.RpcContract;
import io.sluice.transport.TransportFixture;

class MemoryFabricRpcTest extends RpcContract {
    @Override
    protected TransportFixture newFixture() {
        return new MemoryFabricFixture();
    }
}
