// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.ByteWriter;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.base.ValueType;
import io.sluice.store.memtable.MemtableLookup;
import io.sluice.store.sst.TableReader;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** What one thread needs for a get, kept from one to the next; and what the get has found so far. */
final class ReadContext implements TableReader.EntryVisitor {
    /** What a get returns for a key that is not there. */
    static final int NOT_FOUND = -1;

    final MemtableLookup lookup = new MemtableLookup();
    final UnsafeBuffer key = new UnsafeBuffer(0, 0);

    private final ByteWriter searchKeyBytes = new ByteWriter(64);
    private final UnsafeBuffer searchKey = new UnsafeBuffer(0, 0);
    private @Nullable ByteBuffer target;
    private byte @Nullable [] value;
    private int length;
    private byte foundType;

    /** Begins a get of the key in {@link #key} at a sequence number; the value goes into {@code into}, if given. */
    void begin(long sequence, @Nullable ByteBuffer into) {
        target = into;
        value = null;
        length = NOT_FOUND;
        searchKeyBytes.reset();
        searchKeyBytes.putBytes(key, 0, key.capacity()).putFixed64(InternalKey.trailer(sequence, ValueType.FOR_SEEK));
        searchKey.wrap(searchKeyBytes.buffer(), 0, searchKeyBytes.length());
    }

    /** Lets go of the caller's buffers and of the value, which it returns. */
    byte @Nullable [] end() {
        byte[] found = value;
        value = null;
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

    /** Takes the newest visible entry, as a memtable's lookup has found it. */
    void takeLookup() throws StoreException {
        take(lookup.type(), lookup.value());
        checkType();
    }

    @Override
    public boolean visit(DirectBuffer internalKey, DirectBuffer found) {
        take(InternalKey.type(InternalKey.trailer(internalKey)), found);
        return false;
    }

    /** Refuses what a table's entry asked for and this version can't do. */
    void checkType() throws StoreException {
        if (foundType != ValueType.VALUE && foundType != ValueType.DELETION && foundType != ValueType.SINGLE_DELETION) {
            throw new StoreException(
                    Kind.NOT_SUPPORTED,
                    "read.value-type",
                    "the key's entry has the type " + foundType
                            + "; this version reads values (1), deletions (0) and single deletions (7)");
        }
    }

    private void take(byte type, DirectBuffer found) {
        foundType = type;
        if (type != ValueType.VALUE) {
            return;
        }
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
