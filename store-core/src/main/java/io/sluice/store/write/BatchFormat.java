// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

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
    static final byte CF_DELETION = 0x4;
    static final byte CF_VALUE = 0x5;

    private BatchFormat() {}
}
