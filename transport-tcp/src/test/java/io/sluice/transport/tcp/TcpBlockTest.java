// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.BlockContract;
import io.sluice.transport.TransportFixture;

class TcpBlockTest extends BlockContract {
    @Override
    protected TransportFixture newFixture() {
        return new TcpFixture();
    }
}
