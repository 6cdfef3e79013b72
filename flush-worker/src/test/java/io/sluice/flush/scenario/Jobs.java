// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import io.sluice.store.base.BytewiseComparator;
import io.sluice.store.base.KeyComparator;
import io.sluice.store.base.ValueType;
import io.sluice.store.flush.FlushContext;
import io.sluice.store.flush.FlushJob;
import io.sluice.store.flush.JobId;
import io.sluice.store.flush.LocalFlushExecutor;
import io.sluice.store.memory.MemoryPool;
import io.sluice.store.memtable.Memtable;
import io.sluice.store.memtable.SealedMemtable;
import io.sluice.store.sst.TableIdentity;
import io.sluice.store.sst.TableOptions;
import io.sluice.store.storage.RateLimiter;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.agrona.concurrent.UnsafeBuffer;

/** Flush jobs without an engine, in one storage. */
final class Jobs implements AutoCloseable {
    static final String DATABASE = "01234567-89ab-cdef-0123-456789abcdef";
    static final String OWNER = "owner-1";

    private static final int RANGE = 9;

    private final Storage storage;
    private final ExecutorService threads = Executors.newFixedThreadPool(2);
    private final LocalFlushExecutor local;
    private long sequence;

    Jobs(Path directory) throws IOException {
        storage = Storages.open(directory.toUri().toString(), Map.of());
        storage.createRoot();
        storage.createDirectory(OWNER);
        local = new LocalFlushExecutor(
                storage, threads, new RateLimiter(0, System::nanoTime), System::nanoTime, "generator-host");
    }

    Storage storage() {
        return storage;
    }

    LocalFlushExecutor local() {
        return local;
    }

    FlushContext context() {
        return new FlushContext(DATABASE, 1, storage, OWNER, local);
    }

    /** A sealed memtable with puts of {@code prefix0…}, every tenth deleted again. The caller releases it. */
    SealedMemtable memtable(long id, MemoryPool pool, String prefix, int count) throws IOException {
        return memtable(id, pool, prefix, count, BytewiseComparator.INSTANCE);
    }

    /** The same in another order of keys. */
    SealedMemtable memtable(long id, MemoryPool pool, String prefix, int count, KeyComparator order)
            throws IOException {
        Memtable memtable = new Memtable(id, order, pool, InstantSource.system(), id);
        for (int i = 0; i < count; i++) {
            add(memtable, ValueType.VALUE, prefix + i, "value " + id + " of " + prefix + i);
            if (i % 10 == 0) {
                add(memtable, ValueType.DELETION, prefix + i, "");
            }
        }
        return memtable.seal();
    }

    /** A sealed memtable with entries of every type over 200 keys, from a seed. The caller releases it. */
    SealedMemtable memtableOfEveryType(long id, MemoryPool pool, long seed, int count) throws IOException {
        Random random = new Random(seed);
        Memtable memtable = new Memtable(id, BytewiseComparator.INSTANCE, pool, InstantSource.system(), id);
        for (int i = 0; i < count; i++) {
            int key = random.nextInt(200);
            String name = String.format("key%03d", key);
            switch (random.nextInt(40) == 0 ? RANGE : random.nextInt(RANGE)) {
                case 0, 1 -> add(memtable, ValueType.DELETION, name, "");
                case 2, 3 -> add(memtable, ValueType.MERGE, name, "operand " + i);
                case 4 -> {
                    add(memtable, ValueType.VALUE, "once" + i, "value " + i);
                    if (random.nextBoolean()) {
                        add(memtable, ValueType.SINGLE_DELETION, "once" + i, "");
                    }
                }
                case RANGE ->
                    add(
                            memtable,
                            ValueType.RANGE_DELETION,
                            name,
                            String.format("key%03d", key + 1 + random.nextInt(30)));
                default -> add(memtable, ValueType.VALUE, name, "value " + id + " of " + i);
            }
        }
        return memtable.seal();
    }

    /** The last sequence number that was given to an entry. */
    long lastSequence() {
        return sequence;
    }

    private void add(Memtable memtable, byte type, String key, String value) throws IOException {
        UnsafeBuffer keyBytes = new UnsafeBuffer(key.getBytes(StandardCharsets.UTF_8));
        UnsafeBuffer valueBytes = new UnsafeBuffer(value.getBytes(StandardCharsets.UTF_8));
        if (!memtable.tryEnter()) {
            throw new IllegalStateException("sealed");
        }
        try {
            int node = memtable.allocate(type, keyBytes, 0, keyBytes.capacity(), valueBytes, 0, valueBytes.capacity());
            memtable.link(node, ++sequence);
        } finally {
            memtable.exit();
        }
    }

    FlushJob job(long fileNumber, TableOptions options, List<SealedMemtable> memtables) {
        return job(fileNumber, options, memtables, List.of());
    }

    FlushJob job(long fileNumber, TableOptions options, List<SealedMemtable> memtables, List<Long> snapshots) {
        long newest = memtables.get(memtables.size() - 1).id();
        TableIdentity identity = new TableIdentity(
                0, "default", DATABASE, "ABCDEFGHIJKLMNOPQRST", "generator-host", "", fileNumber, 1, 1, 2);
        return new FlushJob(
                new JobId(DATABASE, 1, 0, newest),
                "default",
                memtables,
                snapshots,
                fileNumber,
                1,
                options,
                identity,
                storage.uri(),
                OWNER);
    }

    @Override
    public void close() throws IOException {
        local.close();
        threads.shutdownNow();
        storage.close();
    }
}
