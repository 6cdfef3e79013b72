// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import io.sluice.store.base.ValueType;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What one thread is about to do to the store, and whether it has returned: in mapped memory, which is the file's as soon
 * as it is written, so that a killed process leaves it whole. Times are of the round's clock, from 1.
 *
 * <pre>
 *   reads verified, scans verified, entries scanned: 8 bytes each, 8 unused
 *   records: start | end | kind + count * 256 | count times: id, type + family * 2^8 + key * 2^16 + end * 2^40
 * </pre>
 *
 * An end of 0 stands for a call that has not returned, one of -1 for a write that was refused. Used by one thread.
 */
final class Journal {
    static final int MAX_CHANGES = 64;

    private static final long REFUSED = -1;
    private static final int FIRST = 32;
    private static final int FIXED = 24;
    private static final int CHANGE = 16;
    /** By the number that stands for them. */
    private static final List<Kind> KINDS = List.of(Kind.values());

    private final UnsafeBuffer buffer;
    private int at = FIRST;
    private int current;

    /** What was done. */
    enum Kind {
        /** A write with {@code disable_wal}. */
        UNLOGGED,
        /** A write as by default. */
        LOGGED,
        /** A write with {@code sync}. */
        SYNCED,
        /** A flush of the column family that its one change names, which waits. */
        FLUSH,
        /** {@code flushWal} or {@code syncWal}. */
        LOG_FLUSH
    }

    /**
     * A call that was made, and not refused.
     *
     * @param end 0 where it did not return
     */
    record Entry(long start, long end, Kind kind, List<Change> changes) {
        boolean isWrite() {
            return kind.compareTo(Kind.SYNCED) <= 0;
        }

        boolean returned() {
            return end > 0;
        }
    }

    private Journal(UnsafeBuffer buffer) {
        this.buffer = buffer;
    }

    /** Makes the file. */
    static Journal create(Path path, int length) throws IOException {
        try (FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return new Journal(new UnsafeBuffer(channel.map(MapMode.READ_WRITE, 0, length)));
        }
    }

    /** Whether there is no room for another record. */
    boolean isFull() {
        return buffer.capacity() - at < 2 * FIXED + MAX_CHANGES * CHANGE;
    }

    /** Before the call. */
    void begin(long start, Kind kind, List<Change> changes) {
        int count = changes.size();
        buffer.putLong(at + 16, KINDS.indexOf(kind) + ((long) count << 8));
        for (int i = 0; i < count; i++) {
            Change change = changes.get(i);
            buffer.putLong(at + FIXED + i * CHANGE, change.id());
            buffer.putLong(
                    at + FIXED + i * CHANGE + 8,
                    change.type()
                            | (long) change.family() << 8
                            | (long) change.key() << 16
                            | (long) change.end() << 40);
        }
        buffer.putLongVolatile(at, start);
        current = at;
        at += FIXED + count * CHANGE;
    }

    /** After the call. */
    void end(long end) {
        buffer.putLongVolatile(current + 8, end);
    }

    /** After a write that was not made. */
    void refused() {
        buffer.putLongVolatile(current + 8, REFUSED);
    }

    /** Counts what was read and found right. */
    void count(int reads, int scans, int entries) {
        buffer.putLong(0, buffer.getLong(0) + reads);
        buffer.putLong(8, buffer.getLong(8) + scans);
        buffer.putLong(16, buffer.getLong(16) + entries);
    }

    /** Reads that a journal counts. */
    static long readsOf(Path path) throws IOException {
        UnsafeBuffer buffer = new UnsafeBuffer(Files.readAllBytes(path));
        return buffer.capacity() < FIRST ? 0 : buffer.getLong(0) + buffer.getLong(8);
    }

    /** What a journal tells, refused writes left out; nothing where its thread was killed while it made it. */
    static List<Entry> read(Path path) throws IOException {
        UnsafeBuffer buffer = new UnsafeBuffer(Files.readAllBytes(path));
        List<Entry> entries = new ArrayList<>();
        int at = FIRST;
        while (at + FIXED <= buffer.capacity() && buffer.getLong(at) != 0) {
            long header = buffer.getLong(at + 16);
            int count = (int) (header >>> 8);
            List<Change> changes = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                long packed = buffer.getLong(at + FIXED + i * CHANGE + 8);
                changes.add(new Change(
                        (byte) packed,
                        (int) (packed >>> 8) & 0xff,
                        (int) (packed >>> 16) & 0xffffff,
                        (int) (packed >>> 40) & 0xffffff,
                        buffer.getLong(at + FIXED + i * CHANGE)));
            }
            long end = buffer.getLong(at + 8);
            if (end != REFUSED) {
                entries.add(new Entry(buffer.getLong(at), end, KINDS.get((int) header & 0xff), changes));
            }
            at += FIXED + count * CHANGE;
        }
        return entries;
    }

    /** The one change of a {@link Kind#FLUSH}. */
    static List<Change> family(int family) {
        return List.of(new Change(ValueType.VALUE, family, 0, 0, 0));
    }
}
