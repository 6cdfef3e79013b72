// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.wal;

import io.sluice.store.base.Crc32c;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.ReadableFile;
import java.io.IOException;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the records of a file in {@link LogFormat}, one after the other. One thread at a time.
 *
 * <p>What is no record is handed to a {@link LogDamage.Handler}, which throws where it doesn't put up with it. A torn tail
 * ends the reading. Behind a corrupt fragment the next one is looked for at the next block, since the length that leads
 * to it can't be trusted; the fragments of a record that lost one are passed over. So a record is either whole, or damage.
 */
public final class LogReader {
    /** The log number of a file that is never recycled, as a manifest. */
    private static final long NOT_RECYCLED = -1;

    private static final int MAX_RECORD_LENGTH = Integer.MAX_VALUE - 64;

    private final ReadableFile file;
    private final long logNumber;
    private final LogDamage.Handler handler;
    private final UnsafeBuffer block = new UnsafeBuffer(new byte[LogFormat.BLOCK_LENGTH]);
    private final ExpandableArrayBuffer record = new ExpandableArrayBuffer(512);
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private long blockStart;
    private int blockLength;
    private int blockPosition;
    private @Nullable RecordDecompressor decompressor;

    private int type;
    private int payloadOffset;
    private int payloadLength;

    private boolean inRecord;
    private int recordLength;
    private long recordStart;
    private long validEnd;
    private boolean recycled;
    private boolean readOne;
    private boolean atEnd;

    /** A reader that takes a torn tail for the end, and throws at any other damage. The caller closes the file. */
    public LogReader(ReadableFile file) {
        this(file, NOT_RECYCLED, LogReader::refuseCorruption);
    }

    /**
     * A reader of a write-ahead log.
     *
     * @param file stays the caller's
     * @param logNumber the log's number, which tells its records from those of the file's earlier uses
     * @param handler decides on damage
     */
    public LogReader(ReadableFile file, long logNumber, LogDamage.Handler handler) {
        this.file = file;
        this.logNumber = logNumber;
        this.handler = handler;
    }

    private static void refuseCorruption(LogDamage damage) throws StoreException {
        if (damage.kind() == LogDamage.Kind.CORRUPT) {
            throw damage.toException();
        }
    }

    /** Reads the next record: false at the end. */
    public boolean next() throws IOException {
        recordLength = 0;
        inRecord = false;
        while (nextFragment()) {
            if (!isOfRecord() || !isInPlace()) {
                continue;
            }
            if (payloadLength > MAX_RECORD_LENGTH - recordLength) {
                corrupt(recordLength, "a record is longer than 2 GiB");
                inRecord = false;
                continue;
            }
            record.putBytes(recordLength, block, payloadOffset, payloadLength);
            recordLength += payloadLength;
            inRecord = true;
            if (isLast()) {
                inRecord = false;
                if (isRead()) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Makes a record of all its fragments: false where they make none. */
    private boolean isRead() throws IOException {
        if (decompressor == null) {
            view.wrap(record, 0, recordLength);
        } else {
            String problem = decompressor.decompress(record.byteArray(), recordLength, view);
            if (problem != null) {
                corrupt(recordLength, problem);
                recordLength = 0;
                return false;
            }
        }
        validEnd = blockStart + blockPosition;
        readOne = true;
        return true;
    }

    /** The record that {@link #next()} found, as a view whose capacity is its length; valid until the next call. */
    public DirectBuffer record() {
        return view;
    }

    /** Where the record that {@link #next()} found begins in the file. */
    public long recordStart() {
        return recordStart;
    }

    /** Where the last whole record ends in the file. */
    public long validEnd() {
        return validEnd;
    }

    /** Bytes behind the last whole record, once {@link #next()} has returned false. */
    public long tornBytes() {
        return file.length() - validEnd;
    }

    /** Moves over the next sound fragment: false at the end. */
    private boolean nextFragment() throws IOException {
        while (!atEnd && findHeader()) {
            type = block.getByte(blockPosition + LogFormat.TYPE_OFFSET) & 0xff;
            payloadLength = block.getShort(blockPosition + LogFormat.LENGTH_OFFSET, ByteOrder.LITTLE_ENDIAN) & 0xffff;
            if (type == LogFormat.TYPE_ZERO && payloadLength == 0) {
                passZeros();
                continue;
            }
            boolean longHeader = LogFormat.isRecyclable(type);
            int headerLength = longHeader ? LogFormat.RECYCLABLE_HEADER_LENGTH : LogFormat.HEADER_LENGTH;
            int length = headerLength + payloadLength;
            if (length > blockLength - blockPosition) {
                tooLong();
            } else if (!isCrcRight(length)) {
                dropBlock("the fragment's CRC32C does not match");
            } else if (longHeader && isOlder()) {
                end(LogDamage.Kind.OLD_RECORD, "a record of the file's earlier use follows");
            } else if (readOne && longHeader != recycled && type <= LogFormat.TYPE_RECYCLABLE_LAST) {
                end(LogDamage.Kind.OLD_RECORD, "a record of the file's earlier use follows");
            } else {
                recycled |= longHeader;
                payloadOffset = blockPosition + headerLength;
                blockPosition += length;
                return true;
            }
        }
        return false;
    }

    /** Moves to the next fragment's header: false where the file ends before one. */
    private boolean findHeader() throws IOException {
        while (blockLength - blockPosition < LogFormat.HEADER_LENGTH) {
            long next = blockStart + blockLength;
            boolean partial = blockLength > 0 && blockLength < LogFormat.BLOCK_LENGTH;
            if (next >= file.length() || partial) {
                if (inRecord || (partial && blockPosition < blockLength)) {
                    end(LogDamage.Kind.TORN_TAIL, inRecord ? "the last record has no end" : "a header has no end");
                }
                atEnd = true;
                return false;
            }
            blockStart = next;
            blockPosition = 0;
            blockLength = (int) Math.min(LogFormat.BLOCK_LENGTH, file.length() - next);
            file.read(next, block, 0, blockLength);
        }
        return true;
    }

    /** Zeros are what was reserved and never written: only at the end, or a record that was there would be lost unseen. */
    private void passZeros() throws IOException {
        long from = blockStart + blockPosition;
        for (boolean first = true; ; first = false) {
            for (int i = blockPosition; i < blockLength; i++) {
                if (block.getByte(i) != 0) {
                    inRecord = false;
                    recordLength = 0;
                    blockPosition = first ? blockLength : 0;
                    handler.found(damage(
                            LogDamage.Kind.CORRUPT,
                            from,
                            blockStart + blockPosition - from,
                            "zeros, but data behind them"));
                    return;
                }
            }
            blockPosition = blockLength;
            if (blockStart + blockLength >= file.length()) {
                atEnd = true;
                if (inRecord) {
                    end(LogDamage.Kind.TORN_TAIL, "the last record has no end");
                }
                return;
            }
            if (!findHeader()) {
                return;
            }
        }
    }

    private void tooLong() throws IOException {
        String problem = "the fragment's length=" + payloadLength + " is beyond its block";
        if (blockStart + blockLength == file.length() && blockLength < LogFormat.BLOCK_LENGTH) {
            end(LogDamage.Kind.TORN_TAIL, problem);
        } else {
            dropBlock(problem);
        }
    }

    private boolean isOlder() {
        int low = block.getInt(blockPosition + LogFormat.LOG_NUMBER_OFFSET, ByteOrder.LITTLE_ENDIAN);
        return logNumber != NOT_RECYCLED && low != (int) logNumber;
    }

    private boolean isCrcRight(int length) {
        int expected = Crc32c.unmask(block.getInt(blockPosition, ByteOrder.LITTLE_ENDIAN));
        int from = LogFormat.TYPE_OFFSET;
        return expected == Crc32c.of(block, blockPosition + from, length - from);
    }

    private void dropBlock(String problem) throws IOException {
        if (recycled) {
            // Behind its last record a recycled log holds whatever its earlier use left at that place.
            end(LogDamage.Kind.TORN_TAIL, problem);
            return;
        }
        int start = blockPosition;
        blockPosition = blockLength;
        inRecord = false;
        recordLength = 0;
        handler.found(damage(LogDamage.Kind.CORRUPT, blockStart + start, blockLength - start, problem));
    }

    private void end(LogDamage.Kind kind, String problem) throws IOException {
        atEnd = true;
        handler.found(damage(kind, validEnd, file.length() - validEnd, problem));
    }

    /** Whether the fragment is of a record at all; what it says of the log otherwise is refused or passed over. */
    private boolean isOfRecord() throws IOException {
        if (type >= LogFormat.TYPE_RECYCLABLE_FULL && type <= LogFormat.TYPE_RECYCLABLE_LAST) {
            if (logNumber == NOT_RECYCLED) {
                throw unsupported("a recycled log (recycle_log_file_num)");
            }
            type -= LogFormat.TYPE_RECYCLABLE_FULL - LogFormat.TYPE_FULL;
            return true;
        }
        if (type >= LogFormat.TYPE_FULL && type <= LogFormat.TYPE_LAST) {
            return true;
        }
        if ((type & LogFormat.TYPE_IGNORABLE_MASK) != 0) {
            return false;
        }
        if (type == LogFormat.TYPE_SET_COMPRESSION && logNumber != NOT_RECYCLED) {
            startDecompression();
            return false;
        }
        throw unsupported(
                switch (type) {
                    case LogFormat.TYPE_SET_COMPRESSION -> "a compressed log (wal_compression)";
                    case LogFormat.TYPE_TIMESTAMP_SIZE, LogFormat.TYPE_RECYCLABLE_TIMESTAMP_SIZE ->
                        "user-defined timestamps";
                    default -> "an unknown feature";
                });
    }

    private void startDecompression() throws IOException {
        if (readOne || inRecord || decompressor != null || payloadLength != Integer.BYTES) {
            corrupt(payloadLength, "a log's compression is told by its first record alone");
            return;
        }
        int compression = block.getInt(payloadOffset, ByteOrder.LITTLE_ENDIAN);
        if (compression != RecordDecompressor.ZSTD) {
            throw unsupported("compression type " + Integer.toUnsignedString(compression) + " (wal_compression)");
        }
        decompressor = new RecordDecompressor();
    }

    /** Whether the fragment can stand behind those before it; a record that loses a fragment is corrupt. */
    private boolean isInPlace() throws IOException {
        boolean begins = type == LogFormat.TYPE_FULL || type == LogFormat.TYPE_FIRST;
        if (begins) {
            // Early versions of RocksDB left an empty first fragment at a block's end.
            int lost = inRecord ? recordLength : 0;
            recordLength = 0;
            recordStart = blockStart
                    + payloadOffset
                    - (recycled ? LogFormat.RECYCLABLE_HEADER_LENGTH : LogFormat.HEADER_LENGTH);
            if (lost > 0) {
                corrupt(lost, "a record begins inside another");
            }
            return true;
        }
        if (!inRecord) {
            corrupt(payloadLength, "a fragment without its record's beginning");
        }
        return inRecord;
    }

    private boolean isLast() {
        return type == LogFormat.TYPE_FULL || type == LogFormat.TYPE_LAST;
    }

    private void corrupt(long bytes, String problem) throws IOException {
        handler.found(damage(LogDamage.Kind.CORRUPT, blockStart + payloadOffset, bytes, problem));
    }

    private LogDamage damage(LogDamage.Kind kind, long offset, long bytes, String problem) {
        return new LogDamage(kind, file.name(), offset, bytes, problem);
    }

    private StoreException unsupported(String feature) {
        return new StoreException(
                StoreException.Kind.NOT_SUPPORTED,
                "log.unsupported",
                file.name() + " at offset " + (blockStart + payloadOffset) + ": record type " + type + " of " + feature
                        + "; open the store with RocksDB and turn it off");
    }
}
