// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.wal;

import io.sluice.store.base.Bytes;
import io.sluice.store.fuzz.FuzzTarget;
import io.sluice.store.sst.ArrayFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Logs, as a manifest that is read to its first damage and as a write-ahead log that is read past it, plain and recycled.
 * Each input is read as it is, and once more with checksums that fit.
 */
class LogFuzzTest extends FuzzTarget {
    private static final long NUMBER = 7;

    @Override
    protected List<byte[]> seeds() throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        byte[] small = {1, 2, 3};
        seeds.add(LogBytes.of(List.of(small, new byte[0], new byte[100])));
        seeds.add(LogBytes.of(List.of(new byte[LogFormat.BLOCK_LENGTH - 20], small, new byte[40], small)));
        seeds.add(Arrays.copyOf(LogBytes.of(List.of(small, small)), 200));
        ByteArrayOutputStream recycled = new ByteArrayOutputStream();
        for (int type = LogFormat.TYPE_RECYCLABLE_FULL; type <= LogFormat.TYPE_RECYCLABLE_LAST; type++) {
            recycled.writeBytes(LogBytes.fragment(type, (int) NUMBER, small));
        }
        recycled.writeBytes(LogBytes.fragment(LogFormat.TYPE_RECYCLABLE_FULL, 3, small));
        seeds.add(recycled.toByteArray());
        ByteArrayOutputStream pieces = new ByteArrayOutputStream();
        for (int type : new int[] {2, 3, 3, 4, 1, 130, 131, 1, 10, 11, 9, 50}) {
            pieces.writeBytes(LogBytes.fragment(type, (int) NUMBER, small));
        }
        seeds.add(pieces.toByteArray());
        return seeds;
    }

    @Override
    protected void parse(byte[] input) {
        readEach(input);
        readEach(LogBytes.withChecksums(input));
    }

    private void readEach(byte[] log) {
        attempt(() -> read(log, new LogReader(ArrayFile.readable(log)), List.of()));
        List<LogDamage> damages = new ArrayList<>();
        attempt(() -> read(log, new LogReader(ArrayFile.readable(log), NUMBER, damages::add), damages));
        attempt(() -> read(
                log,
                new LogReader(ArrayFile.readable(log), NUMBER, damage -> {
                    throw damage.toException();
                }),
                List.of()));
    }

    private void read(byte[] log, LogReader reader, List<LogDamage> damages) throws IOException {
        allow(4L * LogFormat.BLOCK_LENGTH + 16L * log.length);
        List<byte[]> records = new ArrayList<>();
        long length = 0;
        long end = 0;
        while (reader.next()) {
            require(reader.recordStart() >= end, "a record within the one before");
            require(reader.validEnd() > reader.recordStart(), "a record that ends before it begins");
            end = reader.validEnd();
            length += reader.record().capacity();
            records.add(Bytes.copy(reader.record()));
            allow(reader.record().capacity() + 256);
        }
        require(length <= log.length && end <= log.length, "more records than bytes");
        require(!reader.next(), "a record behind the end");
        require(reader.tornBytes() == log.length - end, "torn bytes that are none");
        for (LogDamage damage : damages) {
            allow(512);
            require(damage.offset() >= 0 && damage.offset() <= log.length, "damage outside of the file");
            require(damage.bytes() >= 0 && damage.bytes() <= log.length, "more damage than bytes");
        }
        readAgain(records);
    }

    private void readAgain(List<byte[]> records) throws IOException {
        byte[] written = LogBytes.of(records);
        allow(4L * LogFormat.BLOCK_LENGTH + 16L * written.length);
        LogReader reader = new LogReader(ArrayFile.readable(written));
        for (byte[] record : records) {
            require(reader.next() && Arrays.equals(record, Bytes.copy(reader.record())), "written, it is another");
        }
        require(!reader.next(), "written, there are more");
    }
}
