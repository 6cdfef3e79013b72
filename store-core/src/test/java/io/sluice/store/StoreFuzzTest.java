// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.fuzz.FuzzTarget;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.WritableFile;
import io.sluice.store.wal.LogBytes;
import io.sluice.store.wal.WalRecoveryMode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.slf4j.LoggerFactory;

/**
 * A store's whole directory, its logs and manifest with checksums that fit: it opens, is read, written, flushed, compacted
 * and closed, or each of these is refused. The first byte is the recovery mode; then, for each file, its name and contents,
 * each behind its length in two bytes.
 */
class StoreFuzzTest extends FuzzTarget {
    private static final int STEPS = 500;

    private final Logger logger = (Logger) LoggerFactory.getLogger("io.sluice.store");

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
        MemoryStorage storage = new MemoryStorage("seed");
        List<byte[]> seeds = new ArrayList<>();
        try (Store store = open(storage, WalRecoveryMode.POINT_IN_TIME_RECOVERY)) {
            store.put("a".getBytes(UTF_8), "one".getBytes(UTF_8));
            store.delete("b".getBytes(UTF_8));
            seeds.add(image(storage.killClone()));
            store.flush(FlushOptions.DEFAULT);
            store.put("c".getBytes(UTF_8), "two".getBytes(UTF_8));
            store.deleteRange("a".getBytes(UTF_8), "b".getBytes(UTF_8));
            seeds.add(image(storage.killClone()));
            store.flush(FlushOptions.DEFAULT);
            store.compactRange(store.defaultColumnFamily());
            store.put("d".getBytes(UTF_8), "three".getBytes(UTF_8));
            seeds.add(image(storage.killClone()));
        }
        return seeds;
    }

    private static byte[] image(MemoryStorage storage) throws IOException {
        ByteArrayOutputStream image = new ByteArrayOutputStream();
        image.write(2); // point-in-time
        for (String name : storage.list("")) {
            if (name.startsWith("owner-")) {
                continue;
            }
            try (ReadableFile file = storage.open(name)) {
                byte[] bytes = new byte[(int) file.length()];
                file.read(0, new UnsafeBuffer(bytes), 0, bytes.length);
                add(image, name.getBytes(UTF_8));
                add(image, bytes);
            }
        }
        return image.toByteArray();
    }

    private static void add(ByteArrayOutputStream image, byte[] bytes) {
        image.write(bytes.length);
        image.write(bytes.length >> 8);
        image.writeBytes(bytes);
    }

    @Override
    protected Set<Kind> refusals() {
        return EnumSet.of(Kind.CORRUPTION, Kind.NOT_SUPPORTED, Kind.NOT_FOUND, Kind.INVALID_ARGUMENT);
    }

    @Override
    protected void parse(byte[] input) throws IOException {
        if (input.length == 0) {
            return;
        }
        allow(256 << 20); // memtables and caches are made, whatever the input is
        MemoryStorage storage = new MemoryStorage("fuzz");
        int at = 1;
        while (input.length - at > 4) {
            byte[] name = piece(input, at);
            at += 2 + name.length;
            byte[] contents = piece(input, at);
            at += 2 + contents.length;
            put(storage, new String(name, UTF_8), contents);
        }
        WalRecoveryMode[] modes = WalRecoveryMode.values();
        try (Store store = open(storage, modes[(input[0] & 0xff) % modes.length])) {
            attempt(() -> walk(store));
            attempt(() -> store.get("a".getBytes(UTF_8)));
            attempt(() -> {
                store.put("new".getBytes(UTF_8), "value".getBytes(UTF_8));
                require(store.get("new".getBytes(UTF_8)) != null, "what was put is not there");
            });
            attempt(() -> store.flush(FlushOptions.DEFAULT));
            attempt(() -> store.compactRange(store.defaultColumnFamily()));
            attempt(() -> walk(store));
        }
    }

    /** The bytes behind a length, as many as there are. */
    private static byte[] piece(byte[] input, int at) {
        if (input.length - at < 2) {
            return new byte[0];
        }
        int length = (input[at] & 0xff) | (input[at + 1] & 0xff) << 8;
        return Arrays.copyOfRange(input, at + 2, Math.min(input.length, at + 2 + length));
    }

    private void put(MemoryStorage storage, String name, byte[] contents) {
        boolean isLog = name.startsWith("MANIFEST-") || name.endsWith(".log");
        byte[] bytes = isLog ? LogBytes.withChecksums(contents) : contents;
        attemptToName(() -> {
            try (WritableFile file = storage.create(name)) {
                file.append(new UnsafeBuffer(bytes), 0, bytes.length);
                file.sync();
            }
        });
    }

    /** A name that a storage refuses, or that is there already, is none of the store's. */
    private static void attemptToName(Part part) {
        try {
            part.run();
        } catch (IOException | IllegalArgumentException notCreated) {
            // left out
        }
    }

    private static void walk(Store store) throws IOException {
        byte[] last = null;
        try (StoreIterator iterator = store.newIterator(store.defaultColumnFamily())) {
            iterator.seekToFirst();
            for (int step = 0; iterator.isValid() && step < STEPS; step++) {
                require(last == null || Arrays.compareUnsigned(last, iterator.key()) < 0, "keys do not ascend");
                last = iterator.key();
                iterator.next();
            }
            iterator.seekToLast();
            for (int step = 0; iterator.isValid() && step < STEPS; step++) {
                iterator.prev();
            }
        }
    }

    private static Store open(MemoryStorage storage, WalRecoveryMode mode) throws IOException {
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .walRecoveryMode(mode)
                .maxBgErrorResumeCount(0)
                .shutdownTimeout(Duration.ofSeconds(5))
                .build();
        ColumnFamilyOptions family =
                ColumnFamilyOptions.builder().writeBufferSize(1 << 20).build();
        return Store.open(options, storage, List.of(new ColumnFamilyDescriptor("default", family)));
    }
}
