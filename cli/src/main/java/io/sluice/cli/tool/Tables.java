// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.tool;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.StoreException;
import io.sluice.store.iterator.InternalIterator;
import io.sluice.store.sst.PropertyNames;
import io.sluice.store.sst.TableReader;
import io.sluice.store.storage.Storage;
import java.io.IOException;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Opens tables by themselves, and checks them entry by entry. */
public final class Tables {
    private Tables() {}

    /** Opens a table; the caller closes it. */
    public static TableReader open(Storage storage, String name) throws IOException {
        return TableReader.open(storage.open(name));
    }

    /** What a check takes besides the order and number of entries. */
    @FunctionalInterface
    public interface EntryCheck {
        /** Looks at an entry's internal key, valid during the call. */
        void check(DirectBuffer internalKey) throws StoreException;
    }

    /**
     * Reads all entries, and checks that they ascend and are as many as the properties say.
     *
     * @return how many
     */
    public static long check(String name, TableReader table, EntryCheck entryCheck, Progress progress)
            throws IOException {
        KeyComparator comparator = table.comparator();
        long count = 0;
        byte[] last = new byte[0];
        UnsafeBuffer previous = new UnsafeBuffer(last);
        try (InternalIterator entries = table.iterator()) {
            for (entries.seekToFirst(); entries.isValid(); entries.next()) {
                DirectBuffer key = entries.key();
                if (count > 0 && compare(comparator, previous, key) >= 0) {
                    throw StoreException.corruption(
                            "sst.order",
                            name + ": entry " + count + " is not above the one before it: restore the file");
                }
                entryCheck.check(key);
                last = copy(key);
                previous.wrap(last);
                count++;
                progress.entry();
            }
        }
        long expected = table.properties().entryCount() - table.properties().number(PropertyNames.NUM_RANGE_DELETIONS);
        if (count != expected) {
            throw StoreException.corruption(
                    "sst.entry-count",
                    name + ": has " + count + " entries, its properties say " + expected + ": restore the file");
        }
        return count;
    }

    static byte[] copy(DirectBuffer buffer) {
        byte[] bytes = new byte[buffer.capacity()];
        buffer.getBytes(0, bytes);
        return bytes;
    }

    /** The order of internal keys. */
    public static int compare(KeyComparator comparator, DirectBuffer a, DirectBuffer b) {
        int aLength = InternalKey.userKeyLength(a);
        int bLength = InternalKey.userKeyLength(b);
        int order = comparator.compare(a, 0, aLength, b, 0, bLength);
        return order != 0
                ? order
                : Long.compareUnsigned(
                        b.getLong(bLength, ByteOrder.LITTLE_ENDIAN), a.getLong(aLength, ByteOrder.LITTLE_ENDIAN));
    }
}
