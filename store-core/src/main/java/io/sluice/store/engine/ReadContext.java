// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.ByteWriter;
import io.sluice.store.base.Bytes;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.MergeOperator;
import io.sluice.store.base.MergeOperators;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.base.ValueType;
import io.sluice.store.iterator.FragmentedTombstones;
import io.sluice.store.memtable.MemtableLookup;
import io.sluice.store.sst.TableReader;
import io.sluice.store.sst.TableScratch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** What one thread needs for a get, kept from one to the next; and what the get has found so far. */
final class ReadContext implements TableReader.EntryVisitor {
    /** What a get returns for a key that is not there. */
    static final int NOT_FOUND = -1;
    /** The place of what no source had the last word on. */
    static final int NOWHERE = -2;
    /** The place of what a memtable answered; the others are levels. */
    static final int IN_MEMTABLE = -1;

    private static final int NONE_UNKNOWN = -1;

    final MemtableLookup lookup = new MemtableLookup();
    final UnsafeBuffer key = new UnsafeBuffer(0, 0);
    final TableScratch scratch;

    private final ByteWriter searchKeyBytes = new ByteWriter(64);
    private final UnsafeBuffer searchKey = new UnsafeBuffer(0, 0);
    private final List<byte[]> operands = new ArrayList<>();
    private @Nullable ByteBuffer target;
    private byte @Nullable [] value;
    private byte @Nullable [] mergeBase;
    private int length;
    private long covering;
    private int unknownType;
    private boolean done;
    private int place;

    ReadContext() {
        this(new TableScratch());
    }

    /** A context that shares what tables need with others of its thread. */
    ReadContext(TableScratch scratch) {
        this.scratch = scratch;
    }

    /** Begins a get of the key in {@link #key} at a sequence number; the value goes into {@code into}, if given. */
    void begin(long sequence, @Nullable ByteBuffer into) {
        target = into;
        value = null;
        length = NOT_FOUND;
        covering = 0;
        unknownType = NONE_UNKNOWN;
        done = false;
        place = NOWHERE;
        searchKeyBytes.reset();
        searchKeyBytes.putBytes(key, 0, key.capacity()).putFixed64(InternalKey.trailer(sequence, ValueType.FOR_SEEK));
        searchKey.wrap(searchKeyBytes.buffer(), 0, searchKeyBytes.length());
    }

    /** Lets go of the caller's buffers and of the value, which it returns. */
    byte @Nullable [] end() {
        byte[] found = value;
        value = null;
        mergeBase = null;
        operands.clear();
        target = null;
        key.wrap(0, 0);
        return found;
    }

    /** The internal key to search for, valid until the next {@link #begin}. */
    DirectBuffer searchKey() {
        return searchKey;
    }

    /** Bytes of the value, or {@link #NOT_FOUND}. */
    int length() {
        return length;
    }

    /**
     * Takes notice of the range deletions of the source that is looked at next: what is older than them is gone, in that
     * source and in all that are looked at after it.
     */
    void cover(FragmentedTombstones tombstones, long sequence) {
        if (!tombstones.isEmpty()) {
            covering = Math.max(covering, tombstones.covering(searchKey, sequence));
        }
    }

    /** Tells what was looked at last: {@link #IN_MEMTABLE} or a level. */
    void lookedAt(int source) {
        if (isDone()) {
            place = source;
        }
    }

    /** Which source had the last word: {@link #IN_MEMTABLE}, a level, or {@link #NOWHERE}. */
    int place() {
        return place;
    }

    /** Whether nothing in an older source can change what was found, be it a value or that there is none. */
    boolean isDone() {
        return done || covering > 0;
    }

    /** Takes an entry, as a memtable's lookup has found it; whether the next older one is wanted too. */
    boolean takeLookup() {
        return take(InternalKey.trailer(lookup.sequence(), lookup.type()), lookup.value());
    }

    @Override
    public boolean visit(DirectBuffer internalKey, DirectBuffer found) {
        return take(InternalKey.trailer(internalKey), found);
    }

    /** Merges what is to be merged, when all sources were looked at. */
    void finish(@Nullable MergeOperator mergeOperator) throws StoreException {
        if (unknownType != NONE_UNKNOWN) {
            throw new StoreException(
                    Kind.NOT_SUPPORTED,
                    "read.value-type",
                    "the key's entry has the type " + unknownType + "; this version reads values (1), deletions (0),"
                            + " merge operands (2) and single deletions (7)");
        }
        if (!operands.isEmpty()) {
            Collections.reverse(operands);
            give(new UnsafeBuffer(MergeOperators.fullMerge(mergeOperator, key, mergeBase, operands)));
        }
    }

    private boolean take(long trailer, DirectBuffer found) {
        byte type = InternalKey.sequence(trailer) < covering ? ValueType.RANGE_DELETION : InternalKey.type(trailer);
        if (type == ValueType.MERGE) {
            operands.add(Bytes.copy(found));
            return true;
        }
        done = true;
        switch (type) {
            case ValueType.VALUE -> {
                if (operands.isEmpty()) {
                    give(found);
                } else {
                    mergeBase = Bytes.copy(found);
                }
            }
            case ValueType.DELETION, ValueType.SINGLE_DELETION, ValueType.RANGE_DELETION -> {}
            default -> unknownType = type & 0xff;
        }
        return false;
    }

    private void give(DirectBuffer found) {
        length = found.capacity();
        ByteBuffer into = target;
        if (into == null) {
            byte[] copy = new byte[length];
            found.getBytes(0, copy);
            value = copy;
        } else {
            int copied = Math.min(length, into.remaining());
            found.getBytes(0, into, into.position(), copied);
            into.limit(into.position() + copied);
        }
    }
}
