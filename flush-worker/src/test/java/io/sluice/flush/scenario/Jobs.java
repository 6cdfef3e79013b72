// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import io.sluice.store.base.BytewiseComparator;
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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.agrona.concurrent.UnsafeBuffer;

/** Flush jobs without an engine, in one storage. */
final class Jobs implements AutoCloseable {
    static final String DATABASE = "01234567-89ab-cdef-0123-456789abcdef";
    static final String OWNER = "owner-1";

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
        Memtable memtable = new Memtable(id, BytewiseComparator.INSTANCE, pool, InstantSource.system(), id);
        for (int i = 0; i < count; i++) {
            add(memtable, ValueType.VALUE, prefix + i, "value " + id + " of " + prefix + i);
            if (i % 10 == 0) {
                add(memtable, ValueType.DELETION, prefix + i, "");
            }
        }
        return memtable.seal();
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
        long newest = memtables.get(memtables.size() - 1).id();
        TableIdentity identity = new TableIdentity(
                0, "default", DATABASE, "ABCDEFGHIJKLMNOPQRST", "generator-host", "", fileNumber, 1, 1, 2);
        return new FlushJob(
                new JobId(DATABASE, 1, 0, newest),
                "default",
                memtables,
                List.of(),
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
