// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.engine;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.sluice.store.base.InternalKey;
import io.sluice.store.fuzz.FuzzTarget;
import io.sluice.store.sst.ArrayFile;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.WritableFile;
import io.sluice.store.wal.LogBytes;
import io.sluice.store.wal.LogReader;
import io.sluice.store.wal.WalRecoveryMode;
import io.sluice.store.write.Batch;
import io.sluice.store.write.LogMarker;
import io.sluice.store.write.LoggedBatchFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.slf4j.LoggerFactory;

/**
 * Two logs, one after the other, in every recovery mode, as they are and with checksums that fit. The first two bytes say
 * where the second begins.
 */
class LogReplayFuzzTest extends FuzzTarget {
    /** What a mode recovers. */
    private record Recovered(List<Long> sequences, long lastSequence, long stoppedAt) {}

    private final Logger logger = (Logger) LoggerFactory.getLogger(LogReplay.class);

    @BeforeEach
    void silence() {
        logger.setLevel(Level.OFF);
    }

    @AfterEach
    void speak() {
        logger.setLevel(null);
    }

    @Override
    protected List<byte[]> seeds() throws IOException {
        List<byte[]> first = List.of(batch(1, 2), batch(3, 1), batch(4, 3));
        byte[] log = LogBytes.of(first);
        List<byte[]> seeds = new ArrayList<>();
        seeds.add(input(log, LogBytes.of(List.of(marker(7, 7, log.length), batch(7, 2)))));
        seeds.add(input(Arrays.copyOf(log, log.length - 3), LogBytes.of(List.of(batch(4, 2), batch(6, 1)))));
        seeds.add(input(Arrays.copyOf(log, log.length + 50), LogBytes.of(List.of(batch(7, 1)))));
        byte[] recycled = LogBytes.fragment(5, 7, batch(1, 2));
        seeds.add(input(recycled, LogBytes.of(List.of(batch(3, 1)))));
        return seeds;
    }

    private static byte[] batch(long sequence, int count) {
        Batch batch = new Batch();
        for (int i = 0; i < count; i++) {
            batch.put(i % 2, new byte[] {'k', (byte) i}, new byte[5]);
        }
        UnsafeBuffer record = new UnsafeBuffer(new byte[LoggedBatchFormat.HEADER_LENGTH + batch.length()]);
        LoggedBatchFormat.putHeader(record, sequence, count);
        record.putBytes(LoggedBatchFormat.HEADER_LENGTH, batch.buffer(), 0, batch.length());
        return record.byteArray();
    }

    private static byte[] marker(long sequence, long log, long length) {
        UnsafeBuffer record = new UnsafeBuffer(new byte[LoggedBatchFormat.HEADER_LENGTH + LogMarker.LENGTH]);
        LoggedBatchFormat.putHeader(record, sequence, 0);
        new LogMarker(log, length).encode(record, LoggedBatchFormat.HEADER_LENGTH);
        return record.byteArray();
    }

    private static byte[] input(byte[] first, byte[] second) {
        byte[] input = Arrays.copyOf(
                new byte[] {(byte) first.length, (byte) (first.length >> 8)}, 2 + first.length + second.length);
        System.arraycopy(first, 0, input, 2, first.length);
        System.arraycopy(second, 0, input, 2 + first.length, second.length);
        return input;
    }

    @Override
    protected void parse(byte[] input) throws IOException {
        if (input.length < 2) {
            return;
        }
        int length = Math.min((input[0] & 0xff) | (input[1] & 0xff) << 8, input.length - 2);
        byte[] first = Arrays.copyOfRange(input, 2, 2 + length);
        byte[] second = Arrays.copyOfRange(input, 2 + length, input.length);
        replayEach(first, second);
        replayEach(LogBytes.withChecksums(first), LogBytes.withChecksums(second));
    }

    private void replayEach(byte[] first, byte[] second) throws IOException {
        MemoryStorage storage = new MemoryStorage("fuzz");
        put(storage, "000007.log", first);
        put(storage, "000008.log", second);
        for (WalRecoveryMode mode : WalRecoveryMode.values()) {
            attempt(() -> {
                Recovered recovered = replay(storage, mode);
                require(recovered.equals(replay(storage, mode)), "a second recovery gives something else");
            });
        }
        attempt(() -> {
            if (isSound(first, 7) && isSound(second, 8)) {
                Recovered whole = replay(storage, WalRecoveryMode.ABSOLUTE_CONSISTENCY);
                for (WalRecoveryMode mode : WalRecoveryMode.values()) {
                    require(replay(storage, mode).equals(whole), mode + " recovers something else of sound logs");
                }
            }
        });
    }

    /** Whether a log's framing has no damage: what the batches in it say, absolute consistency checks. */
    private static boolean isSound(byte[] log, long number) throws IOException {
        boolean[] isSound = {true};
        LogReader reader = new LogReader(ArrayFile.readable(log), number, damage -> isSound[0] = false);
        while (reader.next()) {
            // to its end
        }
        return isSound[0];
    }

    private Recovered replay(MemoryStorage storage, WalRecoveryMode mode) throws IOException {
        allow(2 << 20);
        List<Long> sequences = new ArrayList<>();
        long[] next = {1};
        LogReplay replay = new LogReplay(storage, mode, (log, batch) -> {
            require(batch.sequence() >= next[0], "a batch from before the one before");
            sequences.add(log);
            sequences.add(batch.sequence());
            next[0] = batch.sequence() + batch.count();
            while (batch.next()) {
                require(batch.entrySequence() <= InternalKey.MAX_SEQUENCE, "a sequence number above the highest");
            }
        });
        replay.run(List.of(7L, 8L), 7);
        require(replay.lastSequence() == next[0] - 1, "lastSequence=" + replay.lastSequence());
        return new Recovered(sequences, replay.lastSequence(), replay.stoppedAt());
    }

    private static void put(MemoryStorage storage, String name, byte[] bytes) throws IOException {
        try (WritableFile file = storage.create(name)) {
            file.append(new UnsafeBuffer(bytes), 0, bytes.length);
            file.sync();
        }
    }
}
