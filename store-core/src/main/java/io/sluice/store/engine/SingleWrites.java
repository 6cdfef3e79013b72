// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import io.sluice.store.base.StoreException;
import io.sluice.store.write.Batch;
import io.sluice.store.write.Durability;
import java.nio.ByteBuffer;

/** Writes of one entry: batches of one, in memory that the calling thread keeps. Safe for concurrent use. */
public final class SingleWrites {
    private final ColumnFamilies families;
    private final WritePath writes;

    SingleWrites(ColumnFamilies families, WritePath writes) {
        this.families = families;
        this.writes = writes;
    }

    /** Sets a key. */
    public void put(ColumnFamily family, Durability durability, boolean noSlowdown, byte[] key, byte[] value)
            throws StoreException {
        families.check(family);
        Batch batch = writes.singleBatch();
        batch.put(family.id(), key, value);
        writes.write(batch, durability, noSlowdown);
    }

    /** Sets a key. */
    public void put(ColumnFamily family, Durability durability, boolean noSlowdown, ByteBuffer key, ByteBuffer value)
            throws StoreException {
        families.check(family);
        Batch batch = writes.singleBatch();
        batch.put(family.id(), key, value);
        writes.write(batch, durability, noSlowdown);
    }

    /** Removes a key. */
    public void delete(ColumnFamily family, Durability durability, boolean noSlowdown, byte[] key)
            throws StoreException {
        families.check(family);
        Batch batch = writes.singleBatch();
        batch.delete(family.id(), key);
        writes.write(batch, durability, noSlowdown);
    }

    /** Removes a key that was put once. */
    public void singleDelete(ColumnFamily family, Durability durability, boolean noSlowdown, byte[] key)
            throws StoreException {
        families.check(family);
        Batch batch = writes.singleBatch();
        batch.singleDelete(family.id(), key);
        writes.write(batch, durability, noSlowdown);
    }

    /** Removes a range of keys. */
    public void deleteRange(ColumnFamily family, Durability durability, boolean noSlowdown, byte[] begin, byte[] end)
            throws StoreException {
        families.check(family);
        Batch batch = writes.singleBatch();
        batch.deleteRange(family.id(), begin, end);
        writes.write(batch, durability, noSlowdown);
    }

    /** Merges an operand into a key. */
    public void merge(ColumnFamily family, Durability durability, boolean noSlowdown, byte[] key, byte[] operand)
            throws StoreException {
        families.check(family);
        Batch batch = writes.singleBatch();
        batch.merge(family.id(), key, operand);
        writes.write(batch, durability, noSlowdown);
    }
}
