// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.tcp;

import io.sluice.transport.ProcessContract;
import io.sluice.transport.TransportFixture;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class TlsProcessTest extends ProcessContract {
    @Override
    protected TransportFixture newFixture() {
        return new TlsFixture();
    }
}
