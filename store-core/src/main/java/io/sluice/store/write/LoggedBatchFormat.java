// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.MutableDirectBuffer;

/**
 * A record of a write-ahead log: a batch with its sequence numbers. Source: RocksDB, {@code db/write_batch.cc}, {@code
 * db/dbformat.h}. See docs/formats/wal.md.
 *
 * <pre>
 *   0               8       12
 *   +---------------+-------+----------------------------+
 *   | sequence      | count | records, see BatchFormat   |
 *   +---------------+-------+----------------------------+
 *   sequence  u64 LE, of the first entry; each further entry has the next
 *   count     u32 LE, entries: records that take a number
 * </pre>
 */
public final class LoggedBatchFormat {
    /** Bytes before the records. */
    public static final int HEADER_LENGTH = 12;

    static final int COUNT_OFFSET = 8;

    static final int DELETION = 0x0;
    static final int VALUE = 0x1;
    static final int MERGE = 0x2;
    static final int LOG_DATA = 0x3;
    static final int CF_DELETION = 0x4;
    static final int CF_VALUE = 0x5;
    static final int CF_MERGE = 0x6;
    static final int SINGLE_DELETION = 0x7;
    static final int CF_SINGLE_DELETION = 0x8;
    static final int BEGIN_PREPARE = 0x9;
    static final int END_PREPARE = 0xA;
    static final int COMMIT = 0xB;
    static final int ROLLBACK = 0xC;
    static final int NOOP = 0xD;
    static final int CF_RANGE_DELETION = 0xE;
    static final int RANGE_DELETION = 0xF;
    static final int CF_BLOB_INDEX = 0x10;
    static final int BLOB_INDEX = 0x11;
    static final int BEGIN_PERSISTED_PREPARE = 0x12;
    static final int BEGIN_UNPREPARE = 0x13;
    static final int COMMIT_WITH_TIMESTAMP = 0x15;
    static final int WIDE_COLUMN_ENTITY = 0x16;
    static final int CF_WIDE_COLUMN_ENTITY = 0x17;

    private LoggedBatchFormat() {}

    /** Writes the header of a batch. */
    public static void putHeader(MutableDirectBuffer target, long sequence, int count) {
        target.putLong(0, sequence, LITTLE_ENDIAN);
        target.putInt(COUNT_OFFSET, count, LITTLE_ENDIAN);
    }
}
