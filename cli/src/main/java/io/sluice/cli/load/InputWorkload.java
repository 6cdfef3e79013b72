// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.load;

import io.sluice.cli.input.InputFile;
import io.sluice.cli.input.InputRecord;
import io.sluice.cli.input.RecordReader;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.collections.Long2LongHashMap;

/**
 * The records of a file. One thread reads it; each record goes to the part that its key's hash names, so that the
 * records of one key stay in order. For checking, the file is read again, and a record that a later one replaced is
 * passed over.
 */
final class InputWorkload implements Workload {
    private static final int BATCH_LENGTH = 64;
    private static final int QUEUE_LENGTH = 16;
    private static final long NONE = -1;
    private static final List<InputRecord> END_OF_PART = List.of();

    private final InputFile file;
    private final int columnFamilies;
    private final List<BlockingQueue<List<InputRecord>>> queues = new ArrayList<>();
    private final List<List<InputRecord>> batches = new ArrayList<>();

    /**
     * By a key's hash, where its last record stands. Two keys of equal 64-bit hash would leave one of them unchecked:
     * one chance in 10^6 for 5 million keys.
     */
    private final Long2LongHashMap lastLines = new Long2LongHashMap(NONE);

    private long lastLineWritten;
    private volatile boolean stopped;
    private volatile boolean checking;

    InputWorkload(InputFile file, int parts, int columnFamilies) {
        this.file = file;
        this.columnFamilies = columnFamilies;
        for (int i = 0; i < parts; i++) {
            queues.add(new ArrayBlockingQueue<>(QUEUE_LENGTH));
            batches.add(new ArrayList<>(BATCH_LENGTH));
        }
    }

    /** Unknown, so 0, until the file was read once. */
    @Override
    public long expectedEntries() {
        return lastLines.size();
    }

    /** Whether the file can be read and its first record is one. */
    void probe() throws IOException {
        try (RecordReader reader = file.open()) {
            if (reader.next() == null) {
                throw new IOException(
                        "input " + file.path() + ": has no record (" + Files.size(file.path()) + " bytes)");
            }
        }
    }

    @Override
    public void feed() throws IOException, InterruptedException {
        try (RecordReader reader = file.open()) {
            for (InputRecord record = reader.next();
                    record != null && !stopped && !(checking && record.line() > lastLineWritten);
                    record = reader.next()) {
                long hash = hash(record.key());
                if (!checking) {
                    lastLines.put(hash, record.line());
                    lastLineWritten = record.line();
                } else if (lastLines.get(hash) != record.line()) {
                    continue;
                }
                send(Math.floorMod(hash >>> 20, queues.size()), record);
            }
        } finally {
            for (int part = 0; part < queues.size(); part++) {
                if (!batches.get(part).isEmpty()) {
                    offer(part, batches.set(part, new ArrayList<>(BATCH_LENGTH)));
                }
                offer(part, END_OF_PART);
            }
        }
        checking = true;
    }

    private void send(int part, InputRecord record) throws InterruptedException {
        List<InputRecord> batch = batches.get(part);
        batch.add(record);
        if (batch.size() == BATCH_LENGTH) {
            batches.set(part, new ArrayList<>(BATCH_LENGTH));
            offer(part, batch);
        }
    }

    private void offer(int part, List<InputRecord> batch) throws InterruptedException {
        while (!queues.get(part).offer(batch, 100, TimeUnit.MILLISECONDS)) {
            if (stopped) {
                return;
            }
        }
    }

    @Override
    public void stop() {
        stopped = true;
    }

    @Override
    public void write(int part, EntryConsumer consumer) throws IOException, InterruptedException {
        drain(part, consumer);
    }

    @Override
    public void check(int part, EntryConsumer consumer) throws IOException, InterruptedException {
        drain(part, consumer);
    }

    private void drain(int part, EntryConsumer consumer) throws IOException, InterruptedException {
        while (!stopped) {
            List<InputRecord> batch = queues.get(part).poll(100, TimeUnit.MILLISECONDS);
            if (batch != null) {
                if (batch.isEmpty()) {
                    return;
                }
                for (InputRecord record : batch) {
                    int columnFamily = Math.floorMod(hash(record.key()) >>> 40, columnFamilies);
                    if (!consumer.accept(columnFamily, record.key(), record.value())) {
                        stop();
                        return;
                    }
                }
            }
        }
    }

    /** FNV-1a in 64 bits, mixed once more since its high bits alone are weak. */
    private static long hash(byte[] key) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : key) {
            hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
        }
        hash = (hash ^ (hash >>> 32)) * 0x9E3779B97F4A7C15L;
        return hash ^ (hash >>> 29);
    }
}
