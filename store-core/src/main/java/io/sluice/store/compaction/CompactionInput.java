// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.compaction;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.Slice;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.ForwardIterator;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.MergingIterator;
import io.sluice.store.manifest.FileMetadata;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The entries of a compaction's inputs within a range of keys, in order. Owns what it opens. Forward only. Used by one
 * thread.
 */
final class CompactionInput implements ForwardIterator {
    /** Entries between two looks whether they are still wanted. */
    private static final int CHECK_INTERVAL = 1024;

    private final InternalIterator merged;
    private final KeyComparator comparator;
    private final KeyRange range;
    private final Check check;
    private long count;
    private boolean inRange;

    /** Is told now and then of so many entries passed since it was last told, and ends a compaction by throwing. */
    @FunctionalInterface
    interface Check {
        void passed(int entries) throws IOException;
    }

    CompactionInput(
            Compaction compaction,
            KeyComparator comparator,
            KeyRange range,
            SortedRunIterator.TableOpener opener,
            Check check) {
        this.check = check;
        this.comparator = comparator;
        this.range = range;
        List<InternalIterator> runs = new ArrayList<>();
        for (InputLevel input : compaction.inputs()) {
            if (input.level() == 0) {
                for (FileMetadata file : input.files()) {
                    runs.add(new SortedRunIterator(List.of(file), comparator, opener));
                }
            } else {
                runs.add(new SortedRunIterator(input.files(), comparator, opener));
            }
        }
        this.merged = runs.size() == 1 ? runs.get(0) : new MergingIterator(comparator, runs);
    }

    @Override
    public boolean isValid() {
        return inRange;
    }

    @Override
    public void seekToFirst() throws IOException {
        inRange = false;
        Slice start = range.start();
        if (start == null) {
            merged.seekToFirst();
        } else {
            merged.seek(new UnsafeBuffer(InternalKey.encode(
                    start.buffer(), InternalKey.trailer(InternalKey.MAX_SEQUENCE, ValueType.FOR_SEEK))));
        }
        look();
    }

    /** Moves to the first entry at or after a key, which is at or behind the range's start. */
    @Override
    public void seek(DirectBuffer internalKey) throws IOException {
        inRange = false;
        merged.seek(internalKey);
        look();
    }

    @Override
    public void next() throws IOException {
        inRange = false;
        merged.next();
        look();
    }

    @Override
    public DirectBuffer key() {
        return merged.key();
    }

    @Override
    public DirectBuffer value() {
        return merged.value();
    }

    @Override
    public void close() {
        merged.close();
    }

    private void look() throws IOException {
        if (count++ % CHECK_INTERVAL == 0) {
            check.passed(count == 1 ? 0 : CHECK_INTERVAL);
        }
        Slice end = range.end();
        inRange = merged.isValid();
        if (inRange && end != null) {
            DirectBuffer key = merged.key();
            int length = InternalKey.userKeyLength(key);
            inRange = comparator.compare(key, 0, length, end.buffer(), 0, end.length()) < 0;
        }
    }
}
