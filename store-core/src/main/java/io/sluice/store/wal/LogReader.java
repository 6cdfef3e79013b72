// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.wal;

import io.sluice.store.base.Crc32c;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.storage.ReadableFile;
import java.io.IOException;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads the records of a file in {@link LogFormat}, one after the other. One thread at a time.
 *
 * <p>A writer that dies leaves a torn tail: a record that ends with the file, or zeros up to its end. Reading stops
 * before it, and {@link #tornBytes()} tells of it, as RocksDB does. Anything else that is wrong is
 * {@code log.corrupt}: a record that is all there and does not match its checksum was not torn by a crash.
 */
public final class LogReader {
    private final ReadableFile file;
    private final UnsafeBuffer block = new UnsafeBuffer(new byte[LogFormat.BLOCK_LENGTH]);
    private final ExpandableArrayBuffer record = new ExpandableArrayBuffer(512);
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private long blockStart;
    private int blockLength;
    private int blockPosition;
    private int recordLength;
    private long validEnd;
    private boolean atEnd;

    /** A reader of a file that its caller closes. */
    public LogReader(ReadableFile file) {
        this.file = file;
    }

    /** Reads the next record: false at the end, or before a torn tail. */
    public boolean next() throws IOException {
        boolean inRecord = false;
        recordLength = 0;
        while (!atEnd) {
            if (!findHeader()) {
                break;
            }
            int type = block.getByte(blockPosition + LogFormat.TYPE_OFFSET) & 0xff;
            int length = block.getShort(blockPosition + LogFormat.LENGTH_OFFSET, ByteOrder.LITTLE_ENDIAN) & 0xffff;
            if (type == LogFormat.TYPE_ZERO && length == 0) {
                requireZeros();
                break;
            }
            if (length > blockLength - blockPosition - LogFormat.HEADER_LENGTH) {
                if (blockStart + blockLength == file.length() && blockLength < LogFormat.BLOCK_LENGTH) {
                    break;
                }
                throw corrupt("the fragment's length=" + length + " is beyond its block");
            }
            checkCrc(length);
            if ((type & LogFormat.TYPE_IGNORABLE_MASK) != 0) {
                blockPosition += LogFormat.HEADER_LENGTH + length;
                continue;
            }
            checkOrder(type, inRecord);
            record.putBytes(recordLength, block, blockPosition + LogFormat.HEADER_LENGTH, length);
            recordLength += length;
            blockPosition += LogFormat.HEADER_LENGTH + length;
            if (type == LogFormat.TYPE_FULL || type == LogFormat.TYPE_LAST) {
                validEnd = blockStart + blockPosition;
                view.wrap(record, 0, recordLength);
                return true;
            }
            inRecord = true;
        }
        atEnd = true;
        return false;
    }

    /** The record that {@link #next()} found, as a view whose capacity is its length; valid until the next call. */
    public DirectBuffer record() {
        return view;
    }

    /** Where the last whole record ends in the file. */
    public long validEnd() {
        return validEnd;
    }

    /** Bytes behind the last whole record, once {@link #next()} has returned false. */
    public long tornBytes() {
        return file.length() - validEnd;
    }

    /** Moves to the next fragment's header: false where the file ends before one. */
    private boolean findHeader() throws IOException {
        while (blockLength - blockPosition < LogFormat.HEADER_LENGTH) {
            if (blockLength == LogFormat.BLOCK_LENGTH) {
                requireTrailerZeros();
            }
            long next = blockStart + blockLength;
            if (next >= file.length() || (blockLength > 0 && blockLength < LogFormat.BLOCK_LENGTH)) {
                return false;
            }
            blockStart = next;
            blockPosition = 0;
            blockLength = (int) Math.min(LogFormat.BLOCK_LENGTH, file.length() - next);
            file.read(next, block, 0, blockLength);
        }
        return true;
    }

    private void requireTrailerZeros() throws StoreException {
        for (int i = blockPosition; i < blockLength; i++) {
            if (block.getByte(i) != 0) {
                throw corrupt("the block's last " + (blockLength - blockPosition) + " bytes are not zero");
            }
        }
    }

    /** From here on nothing may have been written, or a record that was would be lost in silence. */
    private void requireZeros() throws IOException {
        long from = blockStart + blockPosition;
        while (true) {
            for (int i = blockPosition; i < blockLength; i++) {
                if (block.getByte(i) != 0) {
                    throw corrupt("zeros from offset " + from + " on, but data behind them");
                }
            }
            blockPosition = blockLength;
            if (!findHeader()) {
                return;
            }
        }
    }

    private void checkCrc(int length) throws StoreException {
        int expected = Crc32c.unmask(block.getInt(blockPosition, ByteOrder.LITTLE_ENDIAN));
        int found = Crc32c.of(block, blockPosition + LogFormat.TYPE_OFFSET, length + 1);
        if (expected != found) {
            throw corrupt(String.format("the fragment's CRC32C is %08x, expected %08x", found, expected));
        }
    }

    private void checkOrder(int type, boolean inRecord) throws StoreException {
        switch (type) {
            case LogFormat.TYPE_FULL, LogFormat.TYPE_FIRST -> {
                if (inRecord && recordLength > 0) {
                    throw corrupt("a record begins inside another");
                }
            }
            case LogFormat.TYPE_MIDDLE, LogFormat.TYPE_LAST -> {
                if (!inRecord) {
                    throw corrupt("a fragment without its record's beginning");
                }
            }
            default -> throw unsupported(type);
        }
    }

    private StoreException unsupported(int type) {
        String feature = type >= LogFormat.TYPE_RECYCLABLE_FULL && type <= LogFormat.TYPE_RECYCLABLE_LAST
                ? "a recycled log (recycle_log_file_num)"
                : type == LogFormat.TYPE_SET_COMPRESSION ? "a compressed log (wal_compression)" : "an unknown feature";
        return new StoreException(
                Kind.NOT_SUPPORTED,
                "log.unsupported",
                where() + "record type " + type + " of " + feature + "; open the store with RocksDB and turn it off");
    }

    private StoreException corrupt(String problem) {
        return StoreException.corruption("log.corrupt", where() + problem + "; restore the file from a copy");
    }

    private String where() {
        return file.name() + " at offset " + (blockStart + blockPosition) + ": ";
    }
}
