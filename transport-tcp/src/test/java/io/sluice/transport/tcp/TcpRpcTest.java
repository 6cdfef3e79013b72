// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.RpcContract;
import io.sluice.transport.TransportFixture;

class TcpRpcTest extends RpcContract {
    @Override
    protected TransportFixture newFixture() {
        return new TcpFixture();
    }
}
