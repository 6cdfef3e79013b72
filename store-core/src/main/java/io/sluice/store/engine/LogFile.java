// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluice.store.base.Ticker;
import io.sluice.store.base.Tickers;
import io.sluice.store.manifest.FileNames;
import io.sluice.store.wal.LogWriter;
import io.sluice.store.write.LogMarker;
import io.sluice.store.write.LoggedBatchFormat;
import java.io.IOException;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One write-ahead log of this opening. While it is the current one it is written by the leaders of commit groups, one at a
 * time; once it is retired others may sync, close and delete it.
 */
final class LogFile {
    private final long number;
    private final LogWriter writer;
    private final Tickers tickers;
    private final UnsafeBuffer header = new UnsafeBuffer(new byte[LoggedBatchFormat.HEADER_LENGTH]);
    private volatile long length;
    private volatile long syncedLength;
    private long flushedLength;
    /** The first sync's failure: after it another may succeed without what that one lost. */
    private volatile @Nullable IOException syncFailure;

    @GuardedBy("this")
    private boolean closed;

    LogFile(long number, LogWriter writer, Tickers tickers) {
        this.number = number;
        this.writer = writer;
        this.tickers = tickers;
    }

    long number() {
        return number;
    }

    String name() {
        return FileNames.wal(number);
    }

    /** Bytes appended. */
    long length() {
        return length;
    }

    /** Bytes that a crash of the machine may take. */
    long unsyncedLength() {
        return length - syncedLength;
    }

    /** Tells of the log before. */
    void appendMarker(LogMarker marker, long sequence) throws IOException {
        UnsafeBuffer record = new UnsafeBuffer(new byte[LogMarker.LENGTH]);
        marker.encode(record, 0);
        append(sequence, 0, record, LogMarker.LENGTH);
    }

    /** Appends a batch, whose first entry has {@code sequence}. */
    void append(long sequence, int count, DirectBuffer records, int recordsLength) throws IOException {
        LoggedBatchFormat.putHeader(header, sequence, count);
        writer.append(header, LoggedBatchFormat.HEADER_LENGTH, records, 0, recordsLength);
        long end = writer.file().position();
        tickers.count(Ticker.WAL_FILE_BYTES, end - length);
        length = end;
    }

    void flush() throws IOException {
        if (length > flushedLength) {
            writer.file().flush();
            flushedLength = length;
        }
    }

    void sync() throws IOException {
        long target = length;
        if (target > syncedLength) {
            IOException before = syncFailure;
            if (before != null) {
                throw before;
            }
            try {
                writer.file().sync();
            } catch (IOException e) {
                syncFailure = e;
                throw e;
            }
            tickers.count(Ticker.WAL_FILE_SYNCED);
            syncedLength = target;
            flushedLength = target;
        }
    }

    /** Makes a retired log durable. */
    synchronized void syncRetired() throws IOException {
        if (!closed) {
            sync();
        }
    }

    /** Makes a retired log durable; it needs no open file any more then. */
    synchronized void settle() throws IOException {
        syncRetired();
        close();
    }

    /** Closes it, whatever is not synced. */
    synchronized void close() throws IOException {
        if (!closed) {
            closed = true;
            writer.close();
        }
    }
}
