// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.DirectBuffer;

/**
 * The files of one column family at one moment. Immutable; safe for concurrent use.
 *
 * <p>Files of L0 overlap: they are ordered newest first, by epoch number. Files of each level below do not overlap: they
 * are ordered by key.
 *
 * <p>A reader that holds a version by {@link #tryRetain()} keeps its files from deletion until {@link #release()}.
 */
public final class Version {
    private final KeyComparator comparator;
    private final List<List<FileMetadata>> levels;
    private final AtomicInteger references = new AtomicInteger(1);

    Version(KeyComparator comparator, List<List<FileMetadata>> levels) {
        this.comparator = comparator;
        List<List<FileMetadata>> copy = new ArrayList<>(levels.size());
        levels.forEach(files -> copy.add(List.copyOf(files)));
        this.levels = Collections.unmodifiableList(copy);
    }

    /** The order of its user keys. */
    public KeyComparator comparator() {
        return comparator;
    }

    /** Levels it has, empty ones too: at least RocksDB's default of 7. */
    public int levelCount() {
        return levels.size();
    }

    /** The files of a level, in the level's order; none of one below those that it has. */
    public List<FileMetadata> files(int level) {
        return level < levels.size() ? levels.get(level) : List.of();
    }

    /** Files on all levels. */
    public int fileCount() {
        int count = 0;
        for (List<FileMetadata> files : levels) {
            count += files.size();
        }
        return count;
    }

    /** Bytes of a level's files. */
    public long size(int level) {
        long size = 0;
        for (FileMetadata file : files(level)) {
            size += file.size();
        }
        return size;
    }

    /**
     * The index of the first file of a level below L0 whose last key is at or after {@code internalKey}; the number of
     * its files where there is none.
     */
    public int firstFileAtOrAfter(int level, DirectBuffer internalKey) {
        if (level < 1) {
            throw new IllegalArgumentException("level=" + level + ": only the levels from 1 on are ordered by key");
        }
        List<FileMetadata> files = files(level);
        int low = 0;
        int high = files.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (compare(comparator, files.get(middle).largest().buffer(), internalKey) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Holds it: false where its last holder has let go, so that there is a newer one to be asked for. */
    public boolean tryRetain() {
        int count = references.get();
        while (count > 0) {
            if (references.compareAndSet(count, count + 1)) {
                return true;
            }
            count = references.get();
        }
        return false;
    }

    /**
     * Lets go of it.
     *
     * @throws IllegalStateException where nobody holds it
     */
    public void release() {
        if (references.decrementAndGet() < 0) {
            references.incrementAndGet();
            throw new IllegalStateException("the version was released more often than retained");
        }
    }

    boolean isUnused() {
        return references.get() == 0;
    }

    static int compare(KeyComparator comparator, DirectBuffer a, DirectBuffer b) {
        int aKey = InternalKey.userKeyLength(a);
        int bKey = InternalKey.userKeyLength(b);
        int order = comparator.compare(a, 0, aKey, b, 0, bKey);
        return order != 0
                ? order
                : Long.compareUnsigned(
                        b.getLong(bKey, ByteOrder.LITTLE_ENDIAN), a.getLong(aKey, ByteOrder.LITTLE_ENDIAN));
    }
}
