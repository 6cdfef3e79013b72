// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.OneSidedContract;
import io.sluice.transport.TransportFixture;

class TcpOneSidedTest extends OneSidedContract {
    @Override
    protected TransportFixture newFixture() {
        return new TcpFixture();
    }
}
