// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import io.sluice.transport.rdma.verbs.QueuePair.Completions;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A queue pair that is disconnected, until it is destroyed: when all is flushed, or at a deadline. The agent's. */
final class Ending {
    private static final Logger LOG = LoggerFactory.getLogger(Ending.class);
    private static final long FLUSH_DEADLINE_NS = 1_000_000_000;

    private static final Completions DROP = new Completions() {
        @Override
        public void onSent(long request) {}

        @Override
        public void onReceived(int slot, int length) {}

        @Override
        public void onFailed(int status) {}
    };

    private final Device device;
    private final QueuePair pair;
    private final long deadlineNs;

    Ending(Device device, QueuePair pair, long nowNs) {
        this.device = device;
        this.pair = pair;
        deadlineNs = nowNs + FLUSH_DEADLINE_NS;
        pair.disconnect();
    }

    /** Takes what was flushed; true where the queue pair is destroyed now, and its ring given back. */
    boolean poll(long nowNs, boolean force) {
        boolean late = force || nowNs - deadlineNs >= 0;
        try {
            while (pair.poll(DROP) > 0 && !pair.isFlushed()) {}
        } catch (IOException e) {
            LOG.debug("no completions of a queue pair that ends", e);
            late = true;
        }
        if (!late && !pair.isFlushed()) {
            return false;
        }
        if (!pair.isFlushed()) {
            LOG.warn("destroyed before the device gave everything back: {}", pair);
        }
        pair.destroy();
        device.giveBack(pair.ring());
        return true;
    }

    boolean arm() throws IOException {
        return pair.arm();
    }
}
