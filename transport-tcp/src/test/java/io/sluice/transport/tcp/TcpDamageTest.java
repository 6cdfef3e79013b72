// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.DamageContract;
import io.sluice.transport.TransportFixture;

class TcpDamageTest extends DamageContract {
    @Override
    protected TransportFixture newFixture() {
        return new TcpFixture();
    }
}
