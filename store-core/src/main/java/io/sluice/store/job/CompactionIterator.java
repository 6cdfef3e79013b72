// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.job;

import io.sluice.store.base.CompactionFilter;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.GrowingSlice;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.RangeTombstones;
import java.io.IOException;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What is left of a job's sorted input: the entries that a flush or a compaction writes. The rules are those of
 * RocksDB's {@code CompactionIterator}, without write-conflict snapshots, user timestamps and blobs. Used by one thread;
 * the input stays the caller's.
 *
 * <p>The snapshots cut the sequence numbers into stripes, see {@link SnapshotStripes}. Of each key, in each stripe:
 *
 * <ul>
 *   <li>An entry with a newer one above it is seen by nobody and is dropped ("rule A").
 *   <li>A value or operand that a range deletion of its stripe covers is dropped.
 *   <li>A deletion is dropped where nothing below the output can have its key. At the bottom, it takes what it hides along.
 *   <li>A single deletion and the entry below it drop each other, and so does one that has nothing left to meet.
 *   <li>Operands are folded, see {@link MergeFold}. Without an operator they are all kept, and what they need with them.
 *   <li>At the bottom, a value's sequence number becomes 0 where every reader sees it.
 * </ul>
 *
 * A deletion below a single deletion, which breaks that type's contract, drops the single deletion and is counted; RocksDB
 * does so with {@code enforce_single_del_contracts=false}.
 */
public final class CompactionIterator {
    private static final long NONE = -1;
    private static final UnsafeBuffer NO_VALUE = new UnsafeBuffer(new byte[0]);

    private final JobInput input;
    private final SnapshotStripes stripes;
    private final @Nullable CompactionFilter filter;
    private final KeyPlacement placement;
    private final boolean isBottommost;
    private final CompactionStatistics statistics;
    private final @Nullable MergeFold fold;

    private final GrowingSlice current = new GrowingSlice();
    private final UnsafeBuffer userKey = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer filtered = new UnsafeBuffer(0, 0);
    private DirectBuffer value = NO_VALUE;
    private boolean valid;

    /** Whether the input stands on an entry that was not looked at yet. */
    private boolean atNext;

    /** Whether {@link #current} has the key of the entries before, so that they hide what comes. */
    private boolean hasUserKey;

    private long lastSequence;
    private long lastStripe;
    private boolean lastWasZeroed;
    private byte @Nullable [] skipUntil;

    /**
     * An iterator that stands nowhere yet.
     *
     * @param input sorted by internal keys
     * @param snapshots sequence numbers that readers hold, ascending
     * @param mergeOperator the column family's, or null: operands are kept as they are
     * @param filter or null
     * @param tombstones the range deletions of all inputs; they themselves are written elsewhere
     * @param placement what lies below
     * @param statistics is counted up
     */
    public CompactionIterator(
            InternalIterator input,
            KeyComparator comparator,
            List<Long> snapshots,
            @Nullable MergeOperator mergeOperator,
            @Nullable CompactionFilter filter,
            RangeTombstones tombstones,
            KeyPlacement placement,
            CompactionStatistics statistics) {
        this.stripes = new SnapshotStripes(snapshots);
        this.input = new JobInput(input, comparator, stripes, tombstones, statistics);
        this.filter = filter;
        this.placement = placement;
        this.isBottommost = placement.isBottommost();
        this.statistics = statistics;
        this.fold = mergeOperator == null
                ? null
                : new MergeFold(this.input, mergeOperator, filter, stripes, placement, statistics);
    }

    /** Moves to the first entry that is left. */
    public void seekToFirst() throws IOException {
        input.seekToFirst();
        start();
    }

    /** Moves to the first entry that is left of those at or after an internal key. */
    public void seek(DirectBuffer internalKey) throws IOException {
        input.seek(internalKey);
        start();
    }

    /** Whether it stands on an entry. */
    public boolean isValid() {
        return valid;
    }

    /** The internal key here, until the next move; its capacity is its length. */
    public DirectBuffer key() {
        requireValid();
        return current.view();
    }

    /** The value here, until the next move; its capacity is its length. */
    public DirectBuffer value() {
        requireValid();
        return value;
    }

    /** Moves on. */
    public void next() throws IOException {
        requireValid();
        valid = false;
        MergeFold folded = fold;
        if (folded != null && folded.isValid()) {
            folded.next();
            if (folded.isValid()) {
                show(folded.trailer(), folded.value());
                return;
            }
            if (folded.needsBase()) {
                hasUserKey = false; // what is below the operands is not hidden by them
            }
        } else if (!atNext) {
            input.advance();
        }
        find();
    }

    private void start() throws IOException {
        valid = false;
        atNext = false;
        hasUserKey = false;
        find();
    }

    /** From the input's entry on, finds the first that is left. */
    private void find() throws IOException {
        atNext = false;
        while (!valid && input.isValid()) {
            DirectBuffer key = input.key();
            long trailer = InternalKey.trailer(key);
            byte type = InternalKey.type(trailer);
            if (type == ValueType.DELETION || type == ValueType.SINGLE_DELETION) {
                statistics.inputDeletions++;
            }
            value = input.value();
            if (!hasUserKey || !input.isAt(userKey)) {
                beginKey(key);
                trailer = applyFilter(trailer);
                if (skipUntil != null) {
                    skip(skipUntil);
                    continue;
                }
            }
            current.setTrailer(trailer);
            decide(trailer);
        }
        if (valid) {
            zeroSequence();
        }
    }

    private void beginKey(DirectBuffer key) {
        current.set(key, 0, key.capacity());
        userKey.wrap(current.view(), 0, InternalKey.userKeyLength(key));
        hasUserKey = true;
        lastSequence = NONE;
        lastStripe = NONE;
        lastWasZeroed = false;
    }

    /** Decides on the entry in {@link #current}, on which the input stands. */
    private void decide(long trailer) throws IOException {
        long sequence = InternalKey.sequence(trailer);
        byte type = InternalKey.type(trailer);
        long stripe = stripes.end(sequence);
        boolean isHidden = lastSequence != NONE && stripe == lastStripe;
        lastSequence = sequence;
        lastStripe = stripe;
        if (type == ValueType.SINGLE_DELETION) {
            decideSingleDeletion(sequence);
        } else if (isHidden) {
            statistics.droppedHidden++;
            input.advance();
        } else if (type == ValueType.DELETION && isDeletionObsolete(sequence)) {
            statistics.droppedObsolete++;
            input.advance();
        } else if (type == ValueType.DELETION && isBottommost) {
            decideBottommostDeletion(sequence);
        } else if (type == ValueType.MERGE && fold != null) {
            foldMerges(fold, sequence);
        } else if (input.isCovered(current.view())) {
            statistics.droppedByRangeDeletion++;
            input.advance();
        } else {
            valid = true;
            if (type == ValueType.MERGE) {
                lastSequence = NONE; // without an operator: it needs what is below
            }
        }
    }

    /** Peeks at the next entry, which the single deletion may have to be dropped with. */
    private void decideSingleDeletion(long sequence) throws IOException {
        input.advance();
        if (!input.isAt(userKey)) {
            hasUserKey = false;
            if (isDeletionObsolete(sequence) || lastWasZeroed) {
                statistics.droppedObsolete++;
            } else {
                keepDeletion();
            }
            return;
        }
        long before = stripes.before(sequence);
        byte nextType = InternalKey.type(input.trailer());
        if (lastWasZeroed) {
            statistics.droppedObsolete++;
            statistics.droppedHidden++;
            input.advance();
        } else if (before != 0 && InternalKey.sequence(input.trailer()) <= before) {
            keepDeletion(); // a snapshot still sees the entry below
        } else if (nextType == ValueType.SINGLE_DELETION || nextType == ValueType.DELETION) {
            statistics.droppedObsolete++;
            statistics.singleDeleteMismatches++;
            lastSequence = NONE; // the deletion below takes its place
        } else {
            statistics.droppedObsolete++;
            statistics.droppedHidden++;
            if (nextType != ValueType.VALUE) {
                statistics.singleDeleteMismatches++;
            }
            input.advance();
        }
    }

    /** A deletion that some snapshot does not see: it goes with what it hides, unless that snapshot still sees something. */
    private void decideBottommostDeletion(long sequence) throws IOException {
        long before = stripes.before(sequence);
        input.advance();
        while (input.isAt(userKey) && (before == 0 || InternalKey.sequence(input.trailer()) > before)) {
            statistics.droppedHidden++;
            input.advance();
        }
        if (input.isAt(userKey)) {
            keepDeletion();
        } else {
            statistics.droppedObsolete++;
        }
    }

    private void keepDeletion() {
        valid = true;
        atNext = true;
        value = NO_VALUE;
    }

    private boolean isDeletionObsolete(long sequence) {
        return sequence <= stripes.earliest() && placement.keyNotExistsBeyondOutputLevel(userKey);
    }

    private void foldMerges(MergeFold folding, long sequence) throws IOException {
        folding.run(userKey, stripes.before(sequence));
        byte[] until = folding.skipUntil();
        if (until != null) {
            skip(until);
        } else if (folding.isValid()) {
            show(folding.trailer(), folding.value());
        } else {
            hasUserKey = false; // the operands that were dropped hide nothing
        }
    }

    private void show(long trailer, DirectBuffer shown) {
        current.setTrailer(trailer);
        value = shown;
        valid = true;
    }

    /** Asks the filter about the newest version of a key: the trailer that it has afterwards. */
    private long applyFilter(long trailer) {
        skipUntil = null;
        if (filter == null || InternalKey.type(trailer) != ValueType.VALUE) {
            return trailer;
        }
        CompactionFilter.Decision decision =
                filter.filter(placement.inputLevel(), CompactionFilter.Kind.VALUE, userKey, value);
        if (decision == CompactionFilter.Decision.REMOVE) {
            statistics.droppedByFilter++;
            value = NO_VALUE;
            return InternalKey.trailer(InternalKey.sequence(trailer), ValueType.DELETION);
        }
        byte[] changed = decision.newValue();
        if (changed != null) {
            filtered.wrap(changed);
            value = filtered;
        }
        byte[] until = decision.skipUntil();
        if (until != null && input.isAfter(until, userKey)) {
            statistics.droppedByFilter++;
            skipUntil = until;
        }
        return trailer;
    }

    private void skip(byte[] key) throws IOException {
        hasUserKey = false;
        input.skipTo(key);
    }

    private void zeroSequence() {
        long trailer = InternalKey.trailer(current.view());
        if (isBottommost
                && InternalKey.type(trailer) == ValueType.VALUE
                && InternalKey.sequence(trailer) <= stripes.earliest()) {
            current.setTrailer(InternalKey.trailer(0, ValueType.VALUE));
            lastWasZeroed = true;
        }
    }

    private void requireValid() {
        if (!valid) {
            throw new IllegalStateException("the iterator stands nowhere");
        }
    }
}
