// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.write;

import io.sluice.store.base.ByteReader;
import io.sluice.store.base.InternalKey;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.base.ValueType;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Walks the entries of a record of a write-ahead log, which may be hostile: every step is checked. A flyweight; used by
 * one thread.
 */
public final class LoggedBatch extends BatchEntry {
    private String where = "";
    private ByteReader reader = new ByteReader("", buffer);
    private long sequence;
    private long count;
    private long entries;
    private @Nullable LogMarker marker;

    /**
     * Stands before the first entry.
     *
     * @param where file and place, for messages
     * @param record the whole record, left alone while this walks it
     * @throws StoreException {@code CORRUPTION}
     */
    public void wrap(String where, DirectBuffer record) throws StoreException {
        this.where = where;
        buffer = record;
        reader = new ByteReader(where, record);
        sequence = reader.readFixed64();
        count = reader.readFixed32() & 0xffffffffL;
        entries = 0;
        marker = null;
        if (sequence < 0 || sequence > InternalKey.MAX_SEQUENCE - count) {
            throw reader.error("sequence=" + Long.toUnsignedString(sequence) + " is above 2^56 - 1");
        }
    }

    /** Stands before the first entry again. */
    public void rewind() throws StoreException {
        wrap(where, buffer);
    }

    /** The sequence number of the first entry. */
    public long sequence() {
        return sequence;
    }

    /** Entries that the record says it has. */
    public long count() {
        return count;
    }

    /** The sequence number of the present entry. */
    public long entrySequence() {
        return sequence + entries - 1;
    }

    /** What the record says of the log before, where a record of it has been passed; else null. */
    public @Nullable LogMarker marker() {
        return marker;
    }

    /**
     * Moves to the next entry: false at the end.
     *
     * @throws StoreException {@code CORRUPTION}; {@code NOT_SUPPORTED} {@code log.record-unsupported}
     */
    public boolean next() throws StoreException {
        while (reader.remaining() > 0) {
            if (readRecord()) {
                entries++;
                if (entries > count) {
                    throw reader.error("more entries than count=" + count);
                }
                return true;
            }
        }
        if (entries != count) {
            throw reader.error("entries=" + entries + " are fewer than count=" + count);
        }
        return false;
    }

    /** Reads one record; false where it is no entry. */
    private boolean readRecord() throws StoreException {
        int tag = reader.readByte() & 0xff;
        switch (tag) {
            case LoggedBatchFormat.VALUE -> readEntry(false, ValueType.VALUE, true);
            case LoggedBatchFormat.CF_VALUE -> readEntry(true, ValueType.VALUE, true);
            case LoggedBatchFormat.DELETION -> readEntry(false, ValueType.DELETION, false);
            case LoggedBatchFormat.CF_DELETION -> readEntry(true, ValueType.DELETION, false);
            case LoggedBatchFormat.SINGLE_DELETION -> readEntry(false, ValueType.SINGLE_DELETION, false);
            case LoggedBatchFormat.CF_SINGLE_DELETION -> readEntry(true, ValueType.SINGLE_DELETION, false);
            case LoggedBatchFormat.MERGE -> readEntry(false, ValueType.MERGE, true);
            case LoggedBatchFormat.CF_MERGE -> readEntry(true, ValueType.MERGE, true);
            case LoggedBatchFormat.RANGE_DELETION -> readEntry(false, ValueType.RANGE_DELETION, true);
            case LoggedBatchFormat.CF_RANGE_DELETION -> readEntry(true, ValueType.RANGE_DELETION, true);
            case LoggedBatchFormat.LOG_DATA -> {
                int length = reader.readLength();
                marker = LogMarker.decode(buffer, reader.position(), length, marker);
                reader.skip(length);
                return false;
            }
            case LoggedBatchFormat.NOOP -> {
                return false;
            }
            default -> throw unsupported(tag);
        }
        return true;
    }

    private void readEntry(boolean named, byte valueType, boolean hasValue) throws StoreException {
        columnFamily = named ? reader.readVarint32() : 0;
        type = valueType;
        keyLength = reader.readLength();
        keyOffset = reader.position();
        reader.skip(keyLength);
        valueLength = hasValue ? reader.readLength() : 0;
        valueOffset = reader.position();
        reader.skip(valueLength);
    }

    private StoreException unsupported(int tag) {
        String feature = switch (tag) {
            case LoggedBatchFormat.BEGIN_PREPARE,
                    LoggedBatchFormat.END_PREPARE,
                    LoggedBatchFormat.COMMIT,
                    LoggedBatchFormat.ROLLBACK,
                    LoggedBatchFormat.BEGIN_PERSISTED_PREPARE,
                    LoggedBatchFormat.BEGIN_UNPREPARE,
                    LoggedBatchFormat.COMMIT_WITH_TIMESTAMP ->
                "prepared transactions: open it with RocksDB's TransactionDB, commit or roll back, flush, close";
            case LoggedBatchFormat.BLOB_INDEX, LoggedBatchFormat.CF_BLOB_INDEX ->
                "blob files: open it with RocksDB and flush";
            case LoggedBatchFormat.WIDE_COLUMN_ENTITY, LoggedBatchFormat.CF_WIDE_COLUMN_ENTITY -> "wide columns";
            default -> null;
        };
        if (feature == null) {
            return reader.error("tag=" + tag + " is none that a batch has");
        }
        return new StoreException(
                Kind.NOT_SUPPORTED, "log.record-unsupported", where + ": tag " + tag + " belongs to " + feature);
    }
}
