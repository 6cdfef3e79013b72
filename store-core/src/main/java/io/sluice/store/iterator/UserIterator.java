// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.iterator;

import io.sluice.store.base.Bytes;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.PrefixExtractor;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.ValueType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a reader at one sequence number sees of internal entries: of each user key its newest version that is not above
 * that number, if it is a value, or merge operands that make one. A range deletion hides what is older than itself. Owns
 * its source. Used by one thread.
 *
 * <p>Invariants: going forward and valid, the source stands on the entry shown; or, where {@code isSaved}, the entry was
 * merged, is a copy, and the source stands on an older entry of its key or beyond. Going backward and valid, the entry
 * shown is a copy in {@code savedKey} and {@code savedValue}, and the source stands on the last entry before all versions
 * of that key, or nowhere.
 *
 * <p>What a range deletion hides is stepped over at first; after {@link #MAX_STEPS}, the source seeks to the range's end
 * where it knows that all it passes over is older.
 */
public final class UserIterator implements AutoCloseable {
    /** Entries of a hidden range that are stepped over before it is passed over: a seek costs about as much. */
    private static final int MAX_STEPS = 8;

    private final InternalIterator source;
    private final InternalKeyOrder order;
    private final KeyComparator comparator;
    private final @Nullable MergeOperator mergeOperator;
    private final RangeTombstones tombstones;
    private final long sequence;
    private final @Nullable DirectBuffer lowerBound;
    private final @Nullable DirectBuffer upperBound;
    private final @Nullable PrefixExtractor samePrefix;
    private final Runnable onClose;

    private final GrowingSlice prefix = new GrowingSlice();
    private boolean hasPrefix;
    private final GrowingSlice savedKey = new GrowingSlice();
    private final GrowingSlice savedValue = new GrowingSlice();
    private final GrowingSlice target = new GrowingSlice();
    private final GrowingSlice skipTarget = new GrowingSlice();
    private final UnsafeBuffer userKey = new UnsafeBuffer(0, 0);
    private final List<byte[]> operands = new ArrayList<>();
    private boolean forward = true;
    /** The number of the range deletion that hides the entry last looked at, or 0. */
    private long hiddenBy;

    private boolean isSaved;
    private boolean valid;
    private boolean closed;

    /**
     * An iterator that sees what {@code source} holds up to {@code sequence}.
     *
     * @param mergeOperator what operands are merged by, or null: a key that has some is an error
     * @param tombstones the range deletions of all that {@code source} shows
     * @param lowerBound the first user key shown, or null
     * @param upperBound the first user key not shown any more, or null
     * @param samePrefix what cuts the prefix that all keys shown after a seek have in common with its key, or null
     * @param onClose run once, when this is closed
     */
    public UserIterator(
            InternalIterator source,
            KeyComparator comparator,
            @Nullable MergeOperator mergeOperator,
            RangeTombstones tombstones,
            long sequence,
            @Nullable DirectBuffer lowerBound,
            @Nullable DirectBuffer upperBound,
            @Nullable PrefixExtractor samePrefix,
            Runnable onClose) {
        this.samePrefix = samePrefix;
        this.source = source;
        this.order = new InternalKeyOrder(comparator);
        this.comparator = comparator;
        this.mergeOperator = mergeOperator;
        this.tombstones = tombstones;
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
        hasPrefix = false;
        findForward(false);
        takePrefixOfFirst();
    }

    /** Moves to the last key. */
    public void seekToLast() throws IOException {
        begin();
        if (upperBound == null) {
            source.seekToLast();
        } else {
            seekBefore(upperBound);
        }
        hasPrefix = false;
        findBackward();
        takePrefixOfFirst();
    }

    /** Moves to the first key at or after {@code key}. */
    public void seek(DirectBuffer key) throws IOException {
        begin();
        takePrefix(key);
        boolean below = lowerBound != null && comparator.compare(key, lowerBound) < 0;
        source.seek(newestVisible(below && lowerBound != null ? lowerBound : key));
        findForward(false);
    }

    /** Moves to the last key at or before {@code key}. */
    public void seekForPrev(DirectBuffer key) throws IOException {
        begin();
        takePrefix(key);
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
        if (!forward) {
            target.setInternalKey(savedKey.view(), 0);
            source.seek(target.view());
        } else if (!isSaved) {
            savedKey.set(source.key(), 0, InternalKey.userKeyLength(source.key()));
            source.next();
        }
        findForward(true);
    }

    /** Moves back by one key. */
    public void prev() throws IOException {
        requireValid();
        valid = false;
        if (forward && isSaved) {
            seekBefore(savedKey.view());
        } else if (forward) {
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
        if (isSaved) {
            return savedKey.view();
        }
        userKey.wrap(source.key(), 0, InternalKey.userKeyLength(source.key()));
        return userKey;
    }

    /** The value here, valid until the next move; its capacity is its length. */
    public DirectBuffer value() {
        requireValid();
        return isSaved ? savedValue.view() : source.value();
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
        isSaved = false;
        boolean skip = skipSaved;
        int steps = 0;
        while (source.isValid()) {
            DirectBuffer key = source.key();
            long trailer = InternalKey.trailer(key);
            if (InternalKey.sequence(trailer) > sequence || (skip && order.compareUserKey(key, savedKey.view()) == 0)) {
                source.next();
                continue;
            }
            if ((upperBound != null && order.compareUserKey(key, upperBound) >= 0) || hasOtherPrefix(key)) {
                return;
            }
            byte type = visibleType(key, trailer);
            if (type == ValueType.VALUE) {
                valid = true;
                return;
            }
            savedKey.set(key, 0, InternalKey.userKeyLength(key));
            if (type == ValueType.MERGE) {
                mergeForward();
                return;
            }
            skip = true;
            steps = hiddenBy == 0 || steps == MAX_STEPS ? 0 : steps + 1;
            if (hiddenBy == 0 || steps > 0 || !skipForward(key)) {
                source.next();
            }
        }
    }

    /** Passes over what the range deletion that hides the entry here hides too; false where nothing was passed over. */
    private boolean skipForward(DirectBuffer key) throws IOException {
        DirectBuffer end = tombstones.coveredTo(key, hiddenBy);
        if (end == null || order.compareUserKey(key, end) >= 0) {
            return false;
        }
        skipTarget.setInternalKey(end, InternalKey.trailer(InternalKey.MAX_SEQUENCE, ValueType.FOR_SEEK));
        return source.skipForward(skipTarget.view(), hiddenBy);
    }

    private boolean skipBackward(DirectBuffer key) throws IOException {
        DirectBuffer start = tombstones.coveredFrom(key, hiddenBy);
        if (start == null || order.compareUserKey(key, start) <= 0) {
            return false;
        }
        skipTarget.setInternalKey(start, 0);
        return source.skipBackward(skipTarget.view(), hiddenBy);
    }

    private void takePrefix(DirectBuffer key) {
        hasPrefix = samePrefix != null && samePrefix.hasPrefix(key.capacity());
        if (hasPrefix && samePrefix != null) {
            prefix.set(key, 0, samePrefix.prefixLength(key.capacity()));
        }
    }

    /** The first key that is shown after a move that names none says what the prefix is. */
    private void takePrefixOfFirst() {
        if (valid && samePrefix != null) {
            takePrefix(key());
        }
    }

    private boolean hasOtherPrefix(DirectBuffer internalKey) {
        if (!hasPrefix || samePrefix == null) {
            return false;
        }
        int length = InternalKey.userKeyLength(internalKey);
        DirectBuffer wanted = prefix.view();
        return !samePrefix.hasPrefix(length)
                || Bytes.compare(internalKey, 0, samePrefix.prefixLength(length), wanted, 0, wanted.capacity()) != 0;
    }

    /** Merges the operands of {@code savedKey} from the source's place on with what is below them. */
    private void mergeForward() throws IOException {
        operands.clear();
        byte[] existing = null;
        do {
            byte type = visibleType(source.key(), InternalKey.trailer(source.key()));
            if (type != ValueType.MERGE) {
                existing = type == ValueType.VALUE ? Bytes.copy(source.value()) : null;
                break;
            }
            operands.add(Bytes.copy(source.value()));
            source.next();
        } while (source.isValid() && order.compareUserKey(source.key(), savedKey.view()) == 0);
        Collections.reverse(operands);
        show(existing);
    }

    /** From the source's place backward, takes a copy of the first key to be shown. */
    private void findBackward() throws IOException {
        forward = false;
        isSaved = true;
        int steps = 0;
        while (source.isValid()) {
            DirectBuffer key = source.key();
            if ((lowerBound != null && order.compareUserKey(key, lowerBound) < 0) || hasOtherPrefix(key)) {
                return;
            }
            steps = steps == MAX_STEPS ? 0 : steps + 1;
            if (steps == 0 && isHidden(key) && skipBackward(key)) {
                continue;
            }
            savedKey.set(key, 0, InternalKey.userKeyLength(key));
            if (takeNewestBackward()) {
                valid = true;
                return;
            }
        }
    }

    /** Passes over all versions of {@code savedKey}, oldest first; tells whether they come to a value. */
    private boolean takeNewestBackward() throws IOException {
        operands.clear();
        boolean found = false;
        for (; source.isValid(); source.prev()) {
            DirectBuffer key = source.key();
            if (order.compareUserKey(key, savedKey.view()) != 0) {
                break;
            }
            long trailer = InternalKey.trailer(key);
            if (InternalKey.sequence(trailer) > sequence) {
                continue;
            }
            byte type = visibleType(key, trailer);
            if (type == ValueType.MERGE) {
                operands.add(Bytes.copy(source.value()));
                continue;
            }
            operands.clear();
            found = type == ValueType.VALUE;
            if (found) {
                savedValue.set(source.value(), 0, source.value().capacity());
            }
        }
        if (operands.isEmpty()) {
            return found;
        }
        show(found ? Bytes.copy(savedValue.view()) : null);
        return true;
    }

    /** Shows {@code savedKey} with the value that its operands, oldest first, come to. */
    private void show(byte @Nullable [] existing) throws StoreException {
        byte[] merged = MergeOperators.fullMerge(mergeOperator, savedKey.view(), existing, operands);
        operands.clear();
        savedValue.set(merged);
        isSaved = true;
        valid = true;
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

    private boolean isHidden(DirectBuffer key) {
        hiddenBy = 0;
        if (tombstones == RangeTombstones.NONE) {
            return false;
        }
        long covering = tombstones.covering(key, sequence);
        if (covering > InternalKey.sequence(InternalKey.trailer(key))) {
            hiddenBy = covering;
        }
        return hiddenBy != 0;
    }

    /** The entry's type; a deletion where a range deletion that is seen hides it. */
    private byte visibleType(DirectBuffer key, long trailer) throws StoreException {
        byte type = InternalKey.type(trailer);
        if (isHidden(key)) {
            return ValueType.DELETION;
        }
        return switch (type) {
            case ValueType.VALUE, ValueType.MERGE, ValueType.DELETION, ValueType.SINGLE_DELETION -> type;
            default ->
                throw new StoreException(
                        StoreException.Kind.NOT_SUPPORTED,
                        "iterate.value-type",
                        "an entry has the type " + type
                                + "; this version reads values (1), deletions (0), merge operands"
                                + " (2) and single deletions (7)");
        };
    }
}
