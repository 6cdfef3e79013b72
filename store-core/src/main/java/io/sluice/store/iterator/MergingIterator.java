// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import io.sluice.store.base.KeyComparator;
import java.io.IOException;
import java.util.List;
import org.agrona.DirectBuffer;

/**
 * Several sorted sources as one. Owns its sources. Internal keys are unique across them, since a sequence number stands
 * for one entry.
 *
 * <p>Invariant: the first {@code size} of {@code heap} are a binary heap of the sources that stand on an entry, the one
 * whose key is shown at its head: going forward the least, and every other source stands on its first key after it; going
 * backward the greatest, and every other source stands on its last key before it.
 */
public final class MergingIterator implements InternalIterator {
    private final InternalKeyOrder order;
    private final InternalIterator[] sources;
    private final InternalIterator[] heap;
    private final GrowingSlice pivot = new GrowingSlice();
    private int size;
    private boolean forward = true;

    /** An iterator over {@code sources}, which it closes. */
    public MergingIterator(KeyComparator comparator, List<? extends InternalIterator> sources) {
        this.order = new InternalKeyOrder(comparator);
        this.sources = sources.toArray(InternalIterator[]::new);
        this.heap = this.sources.clone();
    }

    @Override
    public boolean isValid() {
        return size > 0;
    }

    @Override
    public void seekToFirst() throws IOException {
        size = 0;
        for (InternalIterator source : sources) {
            source.seekToFirst();
        }
        begin(true);
    }

    @Override
    public void seekToLast() throws IOException {
        size = 0;
        for (InternalIterator source : sources) {
            source.seekToLast();
        }
        begin(false);
    }

    @Override
    public void seek(DirectBuffer internalKey) throws IOException {
        size = 0;
        for (InternalIterator source : sources) {
            source.seek(internalKey);
        }
        begin(true);
    }

    @Override
    public void seekForPrev(DirectBuffer internalKey) throws IOException {
        size = 0;
        for (InternalIterator source : sources) {
            source.seekForPrev(internalKey);
        }
        begin(false);
    }

    @Override
    public void next() throws IOException {
        InternalIterator from = standing();
        if (forward) {
            move(from, true);
            return;
        }
        pivot.set(from.key(), 0, from.key().capacity());
        size = 0;
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
        if (!forward) {
            move(from, false);
            return;
        }
        pivot.set(from.key(), 0, from.key().capacity());
        size = 0;
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
    public boolean skipForward(DirectBuffer internalKey, long sequence) throws IOException {
        return forward && skip(internalKey, sequence);
    }

    @Override
    public boolean skipBackward(DirectBuffer internalKey, long sequence) throws IOException {
        return !forward && skip(internalKey, sequence);
    }

    /** Lets the source whose key is shown skip; the others do when theirs are. */
    private boolean skip(DirectBuffer internalKey, long sequence) throws IOException {
        InternalIterator head = standing();
        int before = size;
        size = 0; // what throws leaves nothing valid
        boolean moved = forward ? head.skipForward(internalKey, sequence) : head.skipBackward(internalKey, sequence);
        size = before;
        if (moved) {
            settle(head);
        }
        return moved;
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
        size = 0;
        for (InternalIterator source : sources) {
            source.close();
        }
    }

    private void begin(boolean ascend) {
        forward = ascend;
        int count = 0;
        for (InternalIterator source : sources) {
            if (source.isValid()) {
                heap[count++] = source;
            }
        }
        size = count;
        for (int i = count / 2 - 1; i >= 0; i--) {
            siftDown(i);
        }
    }

    /** Moves the source at the heap's head on. */
    private void move(InternalIterator head, boolean ascend) throws IOException {
        int before = size;
        size = 0; // what throws leaves nothing valid
        if (ascend) {
            head.next();
        } else {
            head.prev();
        }
        size = before;
        settle(head);
    }

    /** Puts the source at the heap's head, which has moved, where it belongs now. */
    private void settle(InternalIterator head) {
        if (!head.isValid()) {
            heap[0] = heap[--size];
        }
        siftDown(0);
    }

    private void siftDown(int from) {
        if (from >= size) {
            return;
        }
        InternalIterator sinking = heap[from];
        int at = from;
        for (int child = 2 * at + 1; child < size; child = 2 * at + 1) {
            if (child + 1 < size && isBefore(heap[child + 1], heap[child])) {
                child++;
            }
            if (!isBefore(heap[child], sinking)) {
                break;
            }
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = sinking;
    }

    private boolean isBefore(InternalIterator a, InternalIterator b) {
        int difference = order.compare(a.key(), b.key());
        return forward ? difference < 0 : difference > 0;
    }

    private InternalIterator standing() {
        if (size == 0) {
            throw new IllegalStateException("the iterator stands nowhere");
        }
        return heap[0];
    }
}
