// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.sst;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.iterator.InternalKeyOrder;
import java.util.List;
import org.agrona.DirectBuffer;

/** A walk over a list of entries in bytewise order, for tests. */
public final class EntryIterator implements InternalIterator {
    private final InternalKeyOrder order = new InternalKeyOrder(BytewiseComparator.INSTANCE);
    private final List<Entry> entries;
    private int at = -1;

    public EntryIterator(List<Entry> entries) {
        this.entries = entries;
    }

    /** The index of the entry that it stands on. */
    public int position() {
        return at;
    }

    @Override
    public boolean isValid() {
        return at >= 0 && at < entries.size();
    }

    @Override
    public void seekToFirst() {
        at = 0;
    }

    @Override
    public void seekToLast() {
        at = entries.size() - 1;
    }

    @Override
    public void seek(DirectBuffer internalKey) {
        at = 0;
        while (isValid() && order.compare(key(), internalKey) < 0) {
            at++;
        }
    }

    @Override
    public void seekForPrev(DirectBuffer internalKey) {
        at = entries.size() - 1;
        while (isValid() && order.compare(key(), internalKey) > 0) {
            at--;
        }
    }

    @Override
    public void next() {
        at++;
    }

    @Override
    public void prev() {
        at--;
    }

    @Override
    public DirectBuffer key() {
        return entries.get(at).key().buffer();
    }

    @Override
    public DirectBuffer value() {
        return entries.get(at).value().buffer();
    }

    @Override
    public void close() {}
}
