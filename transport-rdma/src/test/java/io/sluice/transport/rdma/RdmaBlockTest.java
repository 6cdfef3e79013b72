// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma;

import io.sluice.transport.BlockContract;
import io.sluice.transport.TransportFixture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

@Tag("soft-roce")
@Timeout(600)
class RdmaBlockTest extends BlockContract {
    @Override
    protected TransportFixture newFixture() {
        return new RdmaFixture();
    }
}
