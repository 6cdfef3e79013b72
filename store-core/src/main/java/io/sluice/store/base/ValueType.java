// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

/**
 * The type byte of an internal key. The numbers are RocksDB's ({@code db/dbformat.h}, {@code enum ValueType}) and stand
 * in files.
 */
public final class ValueType {
    /** A tombstone of one key. */
    public static final byte DELETION = 0x0;
    /** A key's value. */
    public static final byte VALUE = 0x1;
    /** An operand that a merge operator combines with what is below. */
    public static final byte MERGE = 0x2;
    /** A tombstone of a key that was written once. */
    public static final byte SINGLE_DELETION = 0x7;
    /** A tombstone of a range of keys: the key is its start, the value its end, exclusive. */
    public static final byte RANGE_DELETION = 0xF;
    /**
     * The type that a search key carries: no type that stands in data is above it, so that the search finds every entry
     * of its sequence number.
     */
    public static final byte FOR_SEEK = 0x7F;

    private ValueType() {}
}
