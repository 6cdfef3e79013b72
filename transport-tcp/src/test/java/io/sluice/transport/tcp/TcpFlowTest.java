// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.FlowContract;
import io.sluice.transport.TransportFixture;

class TcpFlowTest extends FlowContract {
    @Override
    protected TransportFixture newFixture() {
        return new TcpFixture();
    }
}
