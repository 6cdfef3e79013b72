// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a reader at one sequence number sees of internal entries: of each user key its newest version that is not above
 * that number, if it is a value. Owns its source. Used by one thread.
 *
 * <p>Invariants: going forward and valid, the source stands on the entry shown. Going backward and valid, the entry shown
 * is a copy in {@code savedKey} and {@code savedValue}, and the source stands on the last entry before all versions of
 * that key, or nowhere.
 */
public final class UserIterator implements AutoCloseable {
    private final InternalIterator source;
    private final InternalKeyOrder order;
    private final KeyComparator comparator;
    private final long sequence;
    private final @Nullable DirectBuffer lowerBound;
    private final @Nullable DirectBuffer upperBound;
    private final Runnable onClose;

    private final GrowingSlice savedKey = new GrowingSlice();
    private final GrowingSlice savedValue = new GrowingSlice();
    private final GrowingSlice target = new GrowingSlice();
    private final UnsafeBuffer userKey = new UnsafeBuffer(0, 0);
    private boolean forward = true;
    private boolean valid;
    private boolean closed;

    /**
     * An iterator that sees what {@code source} holds up to {@code sequence}.
     *
     * @param lowerBound the first user key shown, or null
     * @param upperBound the first user key not shown any more, or null
     * @param onClose run once, when this is closed
     */
    public UserIterator(
            InternalIterator source,
            KeyComparator comparator,
            long sequence,
            @Nullable DirectBuffer lowerBound,
            @Nullable DirectBuffer upperBound,
            Runnable onClose) {
        this.source = source;
        this.order = new InternalKeyOrder(comparator);
        this.comparator = comparator;
        this.sequence = sequence;
        this.lowerBound = lowerBound;
        this.upperBound = upperBound;
        this.onClose = onClose;
    }

    /** Whether it stands on a key. */
    public boolean isValid() {
        return valid;
    }

    /** Moves to the first key. */
    public void seekToFirst() throws IOException {
        begin();
        if (lowerBound == null) {
            source.seekToFirst();
        } else {
            source.seek(newestVisible(lowerBound));
        }
        findForward(false);
    }

    /** Moves to the last key. */
    public void seekToLast() throws IOException {
        begin();
        if (upperBound == null) {
            source.seekToLast();
        } else {
            seekBefore(upperBound);
        }
        findBackward();
    }

    /** Moves to the first key at or after {@code key}. */
    public void seek(DirectBuffer key) throws IOException {
        begin();
        boolean below = lowerBound != null && comparator.compare(key, lowerBound) < 0;
        source.seek(newestVisible(below && lowerBound != null ? lowerBound : key));
        findForward(false);
    }

    /** Moves to the last key at or before {@code key}. */
    public void seekForPrev(DirectBuffer key) throws IOException {
        begin();
        if (upperBound != null && comparator.compare(key, upperBound) >= 0) {
            seekBefore(upperBound);
        } else {
            target.setInternalKey(key, 0); // the last internal key that this user key can have
            source.seekForPrev(target.view());
        }
        findBackward();
    }

    /** Moves on by one key. */
    public void next() throws IOException {
        requireValid();
        valid = false;
        if (forward) {
            savedKey.set(source.key(), 0, InternalKey.userKeyLength(source.key()));
            source.next();
        } else {
            target.setInternalKey(savedKey.view(), 0);
            source.seek(target.view());
        }
        findForward(true);
    }

    /** Moves back by one key. */
    public void prev() throws IOException {
        requireValid();
        valid = false;
        if (forward) {
            savedKey.set(source.key(), 0, InternalKey.userKeyLength(source.key()));
            do {
                source.prev();
            } while (source.isValid() && order.compareUserKey(source.key(), savedKey.view()) == 0);
        }
        findBackward();
    }

    /** The user key here, valid until the next move; its capacity is its length. */
    public DirectBuffer key() {
        requireValid();
        if (!forward) {
            return savedKey.view();
        }
        userKey.wrap(source.key(), 0, InternalKey.userKeyLength(source.key()));
        return userKey;
    }

    /** The value here, valid until the next move; its capacity is its length. */
    public DirectBuffer value() {
        requireValid();
        return forward ? source.value() : savedValue.view();
    }

    /** Closes the source. Closing again does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            valid = false;
            source.close();
            onClose.run();
        }
    }

    /** From the source's place on, stands on the first key to be shown; passes over {@code savedKey} if told to. */
    private void findForward(boolean skipSaved) throws IOException {
        forward = true;
        boolean skip = skipSaved;
        for (; source.isValid(); source.next()) {
            DirectBuffer key = source.key();
            long trailer = InternalKey.trailer(key);
            if (InternalKey.sequence(trailer) > sequence || (skip && order.compareUserKey(key, savedKey.view()) == 0)) {
                continue;
            }
            if (upperBound != null && order.compareUserKey(key, upperBound) >= 0) {
                return;
            }
            if (isValue(trailer)) {
                valid = true;
                return;
            }
            savedKey.set(key, 0, InternalKey.userKeyLength(key));
            skip = true;
        }
    }

    /** From the source's place backward, takes a copy of the first key to be shown. */
    private void findBackward() throws IOException {
        forward = false;
        while (source.isValid()) {
            DirectBuffer key = source.key();
            if (lowerBound != null && order.compareUserKey(key, lowerBound) < 0) {
                return;
            }
            savedKey.set(key, 0, InternalKey.userKeyLength(key));
            if (takeNewestBackward()) {
                valid = true;
                return;
            }
        }
    }

    /** Passes over all versions of {@code savedKey}, oldest first; tells whether the newest visible one is a value. */
    private boolean takeNewestBackward() throws IOException {
        boolean found = false;
        for (; source.isValid(); source.prev()) {
            DirectBuffer key = source.key();
            if (order.compareUserKey(key, savedKey.view()) != 0) {
                break;
            }
            long trailer = InternalKey.trailer(key);
            if (InternalKey.sequence(trailer) <= sequence) {
                found = isValue(trailer);
                if (found) {
                    savedValue.set(source.value(), 0, source.value().capacity());
                }
            }
        }
        return found;
    }

    private DirectBuffer newestVisible(DirectBuffer key) {
        target.setInternalKey(key, InternalKey.trailer(sequence, ValueType.FOR_SEEK));
        return target.view();
    }

    /** Moves the source to the last entry whose user key is below {@code key}. */
    private void seekBefore(DirectBuffer key) throws IOException {
        target.setInternalKey(key, InternalKey.trailer(InternalKey.MAX_SEQUENCE, ValueType.FOR_SEEK));
        source.seekForPrev(target.view());
    }

    private void begin() {
        if (closed) {
            throw new IllegalStateException("the iterator is closed");
        }
        valid = false;
    }

    private void requireValid() {
        if (!valid) {
            throw new IllegalStateException("the iterator stands nowhere");
        }
    }

    private static boolean isValue(long trailer) throws StoreException {
        return switch (InternalKey.type(trailer)) {
            case ValueType.VALUE -> true;
            case ValueType.DELETION, ValueType.SINGLE_DELETION -> false;
            default ->
                throw new StoreException(
                        StoreException.Kind.NOT_SUPPORTED,
                        "iterate.value-type",
                        "an entry has the type " + InternalKey.type(trailer)
                                + "; this version reads values (1), deletions (0) and single deletions (7)");
        };
    }
}
