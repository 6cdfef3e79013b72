// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.manifest.FileMetadata;
import java.util.List;
import org.agrona.DirectBuffer;

/**
 * Tells where a compaction begins a new file: by size, and so that a file overlaps few bytes of the level below ({@code
 * CompactionOutputs::ShouldStopBefore} in db/compaction/compaction_outputs.cc). It is asked at each new user key, so no
 * user key is cut in two. One thread at a time.
 */
final class OutputCutter {
    private final KeyComparator comparator;
    private final List<FileMetadata> grandparents;
    private final boolean cuts;
    private final long targetFileSize;
    private final long maxFileSize;
    private final long maxCompactionBytes;

    private int grandparent;
    private boolean inGap = true;
    private boolean seenKey;
    private long overlappedBytes;
    private int boundariesSeen;

    OutputCutter(Compaction compaction, KeyComparator comparator) {
        this.comparator = comparator;
        this.grandparents = compaction.grandparents();
        this.cuts = compaction.outputLevel() > 0;
        this.targetFileSize = compaction.targetFileSize();
        // Room to end at a boundary of the level below.
        this.maxFileSize = compaction.bottommost() || grandparents.isEmpty()
                ? targetFileSize
                : CompactionSettings.saturatedMultiply(targetFileSize, 2);
        this.maxCompactionBytes = compaction.maxCompactionBytes();
    }

    /**
     * Whether the entries from this user key on belong in a new file. Asked once for each user key, in order; where it
     * says so the caller begins one.
     *
     * @param fileSize bytes of the present file, 0 where there is none yet
     */
    boolean cutsBefore(DirectBuffer internalKey, long fileSize, boolean hasFile) {
        long overlappedBefore = overlappedBytes;
        int crossed = crossBoundaries(internalKey);
        boolean cut = cuts && hasFile && shouldCut(crossed, overlappedBytes - overlappedBefore, fileSize);
        if (cut) {
            boundariesSeen = 0;
            overlappedBytes = bytesHere(internalKey);
        }
        return cut;
    }

    private boolean shouldCut(int crossed, long newlyOverlapped, long fileSize) {
        if (fileSize >= maxFileSize) {
            return true;
        }
        if (crossed == 0) {
            return false;
        }
        if (overlappedBytes + fileSize > maxCompactionBytes) {
            return true;
        }
        // A file of the level below lies wholly between the last key and this one: cut, and it is left alone later.
        boolean skips = crossed >= (inGap ? 2 : 3) && newlyOverlapped > targetFileSize / 8;
        // Ends of files below are good places; the more have passed by, the more will come.
        long goodEnough = (targetFileSize + 99) / 100 * (50 + Math.min(boundariesSeen * 5, 40));
        return skips || fileSize >= goodEnough;
    }

    /** Moves to the file below that has the key, or the gap before it; returns the beginnings and ends passed. */
    private int crossBoundaries(DirectBuffer internalKey) {
        int crossed = 0;
        while (grandparent < grandparents.size()) {
            if (inGap) {
                if (compare(internalKey, grandparents.get(grandparent).smallest()) < 0) {
                    break;
                }
                if (seenKey) {
                    crossed++;
                    overlappedBytes += grandparents.get(grandparent).size();
                }
                inGap = false;
            } else {
                if (isInPresent(internalKey)) {
                    break;
                }
                crossed += seenKey ? 1 : 0;
                inGap = true;
                grandparent++;
            }
        }
        boundariesSeen += crossed;
        if (!seenKey) {
            overlappedBytes = bytesHere(internalKey);
        }
        seenKey = true;
        return crossed;
    }

    private boolean isInPresent(DirectBuffer internalKey) {
        int order = compare(internalKey, grandparents.get(grandparent).largest());
        return order < 0
                || (order == 0
                        && (grandparent == grandparents.size() - 1
                                || compare(
                                                internalKey,
                                                grandparents
                                                        .get(grandparent + 1)
                                                        .smallest())
                                        < 0));
    }

    /** Bytes of the files below that have the key: of several that share it, the present one is the last. */
    private long bytesHere(DirectBuffer internalKey) {
        if (inGap) {
            return 0;
        }
        long bytes = grandparents.get(grandparent).size();
        for (int i = grandparent - 1;
                i >= 0 && compare(internalKey, grandparents.get(i).largest()) == 0;
                i--) {
            bytes += grandparents.get(i).size();
        }
        return bytes;
    }

    private int compare(DirectBuffer internalKey, Slice bound) {
        DirectBuffer other = bound.buffer();
        return comparator.compare(
                internalKey, 0, InternalKey.userKeyLength(internalKey), other, 0, InternalKey.userKeyLength(other));
    }
}
