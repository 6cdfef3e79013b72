// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import io.sluice.store.base.KeyComparator;
import java.io.IOException;
import java.util.List;
import java.util.PriorityQueue;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Several sorted sources as one. Owns its sources. Internal keys are unique across them, since a sequence number stands
 * for one entry.
 *
 * <p>Invariant: while valid, the current source stands on the key shown; going forward every other source stands on its
 * first key after it, going backward on its last key before it. The others are in {@code rest}, the next one at its
 * head; exhausted ones are in neither.
 */
public final class MergingIterator implements InternalIterator {
    private final InternalKeyOrder order;
    private final List<InternalIterator> sources;
    private final PriorityQueue<InternalIterator> ascending;
    private final PriorityQueue<InternalIterator> descending;
    private final GrowingSlice pivot = new GrowingSlice();
    private boolean forward = true;
    private @Nullable InternalIterator current;

    /** An iterator over {@code sources}, which it closes. */
    public MergingIterator(KeyComparator comparator, List<? extends InternalIterator> sources) {
        this.order = new InternalKeyOrder(comparator);
        this.sources = List.copyOf(sources);
        int capacity = Math.max(1, sources.size());
        this.ascending = new PriorityQueue<>(capacity, (a, b) -> order.compare(a.key(), b.key()));
        this.descending = new PriorityQueue<>(capacity, (a, b) -> order.compare(b.key(), a.key()));
    }

    @Override
    public boolean isValid() {
        return current != null;
    }

    @Override
    public void seekToFirst() throws IOException {
        invalidate();
        for (InternalIterator source : sources) {
            source.seekToFirst();
        }
        begin(true);
    }

    @Override
    public void seekToLast() throws IOException {
        invalidate();
        for (InternalIterator source : sources) {
            source.seekToLast();
        }
        begin(false);
    }

    @Override
    public void seek(DirectBuffer internalKey) throws IOException {
        invalidate();
        for (InternalIterator source : sources) {
            source.seek(internalKey);
        }
        begin(true);
    }

    @Override
    public void seekForPrev(DirectBuffer internalKey) throws IOException {
        invalidate();
        for (InternalIterator source : sources) {
            source.seekForPrev(internalKey);
        }
        begin(false);
    }

    @Override
    public void next() throws IOException {
        InternalIterator from = standing();
        current = null;
        if (forward) {
            from.next();
            advance(from, ascending);
            return;
        }
        pivot.set(from.key(), 0, from.key().capacity());
        invalidate();
        for (InternalIterator source : sources) {
            if (source == from) {
                source.next();
            } else {
                source.seek(pivot.view());
            }
        }
        begin(true);
    }

    @Override
    public void prev() throws IOException {
        InternalIterator from = standing();
        current = null;
        if (!forward) {
            from.prev();
            advance(from, descending);
            return;
        }
        pivot.set(from.key(), 0, from.key().capacity());
        invalidate();
        for (InternalIterator source : sources) {
            if (source == from) {
                source.prev();
            } else {
                source.seekForPrev(pivot.view());
            }
        }
        begin(false);
    }

    @Override
    public DirectBuffer key() {
        return standing().key();
    }

    @Override
    public DirectBuffer value() {
        return standing().value();
    }

    @Override
    public void close() {
        invalidate();
        for (InternalIterator source : sources) {
            source.close();
        }
    }

    private void begin(boolean ascend) {
        forward = ascend;
        PriorityQueue<InternalIterator> rest = ascend ? ascending : descending;
        for (InternalIterator source : sources) {
            if (source.isValid()) {
                rest.add(source);
            }
        }
        current = rest.poll();
    }

    private void advance(InternalIterator from, PriorityQueue<InternalIterator> rest) {
        if (from.isValid()) {
            rest.add(from);
        }
        current = rest.poll();
    }

    private void invalidate() {
        current = null;
        ascending.clear();
        descending.clear();
    }

    private InternalIterator standing() {
        InternalIterator source = current;
        if (source == null) {
            throw new IllegalStateException("the iterator stands nowhere");
        }
        return source;
    }
}
