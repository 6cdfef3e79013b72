// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import io.sluice.transport.rdma.RdmaTransport;
import org.junit.jupiter.api.Tag;

/** Remote flush over a device. */
@Tag("soft-roce")
class SoftRoceFlushTest extends RdmaFlushContract {
    SoftRoceFlushTest() {
        super(RdmaTransport::open);
    }
}
