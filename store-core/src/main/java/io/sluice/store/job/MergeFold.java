// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.job;

import io.sluice.store.base.Bytes;
import io.sluice.store.base.CompactionFilter;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.MergeOperators;
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
 * Folds the merge operands of one key and stripe into as few entries as the operator allows: into a value, where what is
 * below them is at hand or known to be nothing; else into one operand; else they stay. The rules are those of RocksDB's
 * {@code MergeHelper::MergeUntil}. Used by one thread, again and again.
 */
final class MergeFold {
    private final JobInput input;
    private final MergeOperator operator;
    private final @Nullable CompactionFilter filter;
    private final SnapshotStripes stripes;
    private final KeyPlacement placement;
    private final CompactionStatistics statistics;

    /** What is left, newest first: trailers and values side by side. */
    private final List<Long> trailers = new ArrayList<>();

    private final List<byte[]> values = new ArrayList<>();
    private final UnsafeBuffer value = new UnsafeBuffer(0, 0);
    private int at;
    private boolean needsBase;
    private byte @Nullable [] skipUntil;

    MergeFold(
            JobInput input,
            MergeOperator operator,
            @Nullable CompactionFilter filter,
            SnapshotStripes stripes,
            KeyPlacement placement,
            CompactionStatistics statistics) {
        this.input = input;
        this.operator = operator;
        this.filter = filter;
        this.stripes = stripes;
        this.placement = placement;
        this.statistics = statistics;
    }

    /** Whether it stands on an entry that is to be put out. */
    boolean isValid() {
        return at < trailers.size();
    }

    void next() {
        at++;
    }

    long trailer() {
        return trailers.get(at);
    }

    DirectBuffer value() {
        value.wrap(values.get(at));
        return value;
    }

    /** Whether only operands are left, so that the entry below them, if any, is to be put out too. */
    boolean needsBase() {
        return needsBase;
    }

    /** Where the filter wants the input to go on, or null. */
    byte @Nullable [] skipUntil() {
        return skipUntil;
    }

    /**
     * Takes the operands from where the input stands, on the first of them, and leaves it on the first entry
     * that is not merged.
     *
     * @param stopAt the latest snapshot that does not see the first operand, or 0: what it sees is not touched
     */
    void run(DirectBuffer userKey, long stopAt) throws IOException {
        trailers.clear();
        values.clear();
        at = 0;
        needsBase = false;
        skipUntil = null;
        boolean isFirst = true;
        boolean sawAllOfKey = true;
        for (; input.isAt(userKey); input.advance()) {
            long trailer = input.trailer();
            if (!isFirst && stopAt > 0 && InternalKey.sequence(trailer) <= stopAt) {
                sawAllOfKey = false;
                break;
            }
            if (InternalKey.type(trailer) != ValueType.MERGE) {
                foldInto(userKey, trailer);
                return;
            }
            if (!take(userKey, trailer)) {
                return;
            }
            isFirst = false;
        }
        if (trailers.isEmpty()) {
            return;
        }
        if (sawAllOfKey && placement.isBottommost()) {
            replaceAll(ValueType.VALUE, MergeOperators.fullMerge(operator, userKey, null, oldestFirst()));
        } else {
            needsBase = true;
            foldOperands(userKey);
        }
    }

    /** Merges into the value or deletion that the input stands on. */
    private void foldInto(DirectBuffer userKey, long trailer) throws IOException {
        if (trailers.isEmpty()) {
            return; // all operands were dropped: the entry stands for itself
        }
        boolean isValue = InternalKey.type(trailer) == ValueType.VALUE && !input.isCovered(input.key());
        byte[] base = isValue ? Bytes.copy(input.value()) : null;
        replaceAll(ValueType.VALUE, MergeOperators.fullMerge(operator, userKey, base, oldestFirst()));
        input.advance();
    }

    /** Takes an operand, unless it is dropped; false where the filter skips keys, this one with them. */
    private boolean take(DirectBuffer userKey, long trailer) throws StoreException {
        byte[] operand = null;
        if (filter != null && InternalKey.sequence(trailer) > stripes.latest()) {
            CompactionFilter.Decision decision =
                    filter.filter(placement.inputLevel(), CompactionFilter.Kind.MERGE_OPERAND, userKey, input.value());
            if (decision == CompactionFilter.Decision.REMOVE) {
                statistics.droppedByFilter++;
                return true;
            }
            byte[] until = decision.skipUntil();
            if (until != null && input.isAfter(until, userKey)) {
                trailers.clear();
                values.clear();
                skipUntil = until;
                return false;
            }
            operand = decision.newValue();
        }
        if (input.isCovered(input.key())) {
            statistics.droppedByRangeDeletion++;
            return true;
        }
        trailers.add(trailer);
        values.add(operand == null ? Bytes.copy(input.value()) : operand);
        return true;
    }

    private void foldOperands(DirectBuffer userKey) {
        if (values.size() < 2 && !operator.allowSingleOperand()) {
            return;
        }
        byte[] merged = operator.partialMerge(Bytes.copy(userKey), oldestFirst());
        if (merged != null) {
            replaceAll(ValueType.MERGE, merged);
        }
    }

    private void replaceAll(byte type, byte[] merged) {
        long newest = InternalKey.sequence(trailers.get(0));
        statistics.mergedOperands += trailers.size();
        trailers.clear();
        values.clear();
        trailers.add(InternalKey.trailer(newest, type));
        values.add(merged);
    }

    private List<byte[]> oldestFirst() {
        List<byte[]> operands = new ArrayList<>(values);
        Collections.reverse(operands);
        return operands;
    }
}
