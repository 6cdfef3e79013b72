// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;

import com.ibm.disni.verbs.IbvWC.IbvWcStatus;
import io.sluice.transport.TransportException.Kind;
import org.junit.jupiter.api.Test;

class StatusTest {
    @Test
    void shouldNumberThemAsDisniDoes() {
        assertThat(IbvWcStatus.valueOf(Status.SUCCESS)).isEqualTo(IbvWcStatus.IBV_WC_SUCCESS);
        assertThat(IbvWcStatus.valueOf(Status.FLUSHED)).isEqualTo(IbvWcStatus.IBV_WC_WR_FLUSH_ERR);
    }

    @Test
    void shouldTellWhatAFailureMeans() {
        assertThat(Status.failure(10).kind()).isEqualTo(Kind.ACCESS_DENIED);
        assertThat(Status.failure(10)).hasMessageContaining("transport.rdma.access");
        assertThat(Status.failure(12).kind()).isEqualTo(Kind.PEER_DEAD);
        assertThat(Status.failure(12))
                .hasMessageContaining("status 12 (retry exc err): the peer is gone, or its network drops packets");
        assertThat(Status.failure(13)).hasMessageContaining("the peer posts no receives");
        assertThat(Status.failure(4)).hasMessageContaining("status 4 (loc prot err)");
        assertThat(Status.failure(99)).hasMessageContaining("status 99 (an unknown status)");
    }
}
