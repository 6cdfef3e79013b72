// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.job.KeyPlacement;
import io.sluice.store.manifest.FileMetadata;
import java.util.List;
import org.agrona.DirectBuffer;

/**
 * What lies below a compaction's output, from the files that the job names: {@code
 * Compaction::KeyNotExistsBeyondOutputLevel}. Each level is walked once, since it is asked with ascending keys. One
 * thread at a time.
 */
final class JobPlacement implements KeyPlacement {
    private final Compaction compaction;
    private final KeyComparator comparator;
    private final int[] next;

    JobPlacement(Compaction compaction, KeyComparator comparator) {
        this.compaction = compaction;
        this.comparator = comparator;
        this.next = new int[compaction.below().size()];
    }

    @Override
    public int inputLevel() {
        return compaction.startLevel();
    }

    @Override
    public boolean isBottommost() {
        return compaction.bottommost();
    }

    @Override
    public boolean keyNotExistsBeyondOutputLevel(DirectBuffer userKey) {
        if (compaction.bottommost()) {
            return true;
        }
        if (compaction.outputLevel() == 0) {
            return false; // what is older may be on L0
        }
        for (int i = 0; i < next.length; i++) {
            List<FileMetadata> files = compaction.below().get(i).files();
            while (next[i] < files.size()
                    && compare(files.get(next[i]).largest().buffer(), userKey) < 0) {
                next[i]++;
            }
            if (next[i] < files.size() && compare(files.get(next[i]).smallest().buffer(), userKey) <= 0) {
                return false;
            }
        }
        return true;
    }

    private int compare(DirectBuffer internalKey, DirectBuffer userKey) {
        return comparator.compare(
                internalKey, 0, InternalKey.userKeyLength(internalKey), userKey, 0, userKey.capacity());
    }
}
