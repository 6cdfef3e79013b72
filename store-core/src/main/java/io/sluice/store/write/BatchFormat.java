// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

import io.sluice.store.base.ValueType;

/**
 * The records of a write batch, one after the other. Source: RocksDB, {@code db/write_batch.cc}.
 *
 * <pre>
 *  tag (1) | column family id (varint32, only with a CF_ tag)
 *     | key length (varint32) | key | value length (varint32) | value   (no value after a deletion)
 * </pre>
 */
final class BatchFormat {
    static final byte DELETION = 0x0;
    static final byte VALUE = 0x1;
    static final byte MERGE = 0x2;
    static final byte CF_DELETION = 0x4;
    static final byte CF_VALUE = 0x5;
    static final byte CF_MERGE = 0x6;
    static final byte SINGLE_DELETION = 0x7;
    static final byte CF_SINGLE_DELETION = 0x8;
    static final byte CF_RANGE_DELETION = 0xE;
    static final byte RANGE_DELETION = 0xF;

    private BatchFormat() {}

    /** The {@link ValueType} that a tag stands for. */
    static byte type(byte tag) {
        return switch (tag) {
            case DELETION, CF_DELETION -> ValueType.DELETION;
            case VALUE, CF_VALUE -> ValueType.VALUE;
            case MERGE, CF_MERGE -> ValueType.MERGE;
            case SINGLE_DELETION, CF_SINGLE_DELETION -> ValueType.SINGLE_DELETION;
            case RANGE_DELETION, CF_RANGE_DELETION -> ValueType.RANGE_DELETION;
            default -> throw new IllegalStateException("tag=" + tag + " was never put into a batch");
        };
    }

    /** Whether a record with this tag begins with its column family's id; without, it is the default one's. */
    static boolean namesColumnFamily(byte tag) {
        return switch (tag) {
            case CF_DELETION, CF_VALUE, CF_MERGE, CF_SINGLE_DELETION, CF_RANGE_DELETION -> true;
            default -> false;
        };
    }

    /** Whether records of this {@link ValueType} have a value; a range deletion's is its end. */
    static boolean hasValue(byte type) {
        return type == ValueType.VALUE || type == ValueType.MERGE || type == ValueType.RANGE_DELETION;
    }
}
