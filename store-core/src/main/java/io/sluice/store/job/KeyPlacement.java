// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.job;

import org.agrona.DirectBuffer;

/** What a job knows of the files that it does not read: which of its deletions still hide something. Used by one thread. */
public interface KeyPlacement {
    /** A flush knows nothing of what is below. */
    KeyPlacement FLUSH = new KeyPlacement() {
        @Override
        public int inputLevel() {
            return 0;
        }

        @Override
        public boolean isBottommost() {
            return false;
        }

        @Override
        public boolean keyNotExistsBeyondOutputLevel(DirectBuffer userKey) {
            return false;
        }
    };

    /** The level whose files are compacted, for a compaction filter. */
    int inputLevel();

    /**
     * Whether nothing older of any key in the inputs' range exists outside the inputs: then sequence numbers that every
     * reader sees become 0, and merges find their end.
     */
    boolean isBottommost();

    /** Whether no level below the output's has the key. Asked with ascending keys. True wherever bottommost is. */
    boolean keyNotExistsBeyondOutputLevel(DirectBuffer userKey);
}
