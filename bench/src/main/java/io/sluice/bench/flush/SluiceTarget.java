// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.flush;

import io.sluice.store.BlockBasedTableOptions;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Statistics;
import io.sluice.store.Store;
import io.sluice.store.StoreIterator;
import io.sluice.store.WriteOptions;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A store of ours. */
final class SluiceTarget implements FillTarget {
    private static final WriteOptions UNLOGGED =
            WriteOptions.builder().disableWal(true).build();

    private static final FlushOptions FLUSH =
            FlushOptions.builder().timeout(Duration.ofMinutes(10)).build();

    private final Storage storage;
    private final Store store;
    private final Load load;
    private final ColumnFamilyHandle[] columnFamilies;

    private SluiceTarget(Storage storage, Store store, Load load) {
        this.storage = storage;
        this.store = store;
        this.load = load;
        this.columnFamilies = store.columnFamilies().toArray(new ColumnFamilyHandle[0]);
    }

    /** Creates a store in an empty directory, which flushes in this process. */
    static SluiceTarget local(Load load, Path directory) throws IOException {
        return open(load, directory.toUri().toString(), options(load));
    }

    /** Creates a store in an empty directory, which flushes on the cluster's workers. */
    static SluiceTarget remote(Load load, String directoryUri, Cluster cluster) throws IOException {
        DBOptions.Builder options =
                options(load).memoryPool(cluster.memory()).remoteFlushExecutor(cluster.remoteFlush());
        return open(load, directoryUri, options);
    }

    private static SluiceTarget open(Load load, String uri, DBOptions.Builder options) throws IOException {
        Storage storage = Storages.open(uri, Map.of());
        boolean opened = false;
        try {
            SluiceTarget target =
                    new SluiceTarget(storage, Store.open(options.build(), storage, columnFamilies(load)), load);
            opened = true;
            return target;
        } finally {
            if (!opened) {
                storage.close();
            }
        }
    }

    private static DBOptions.Builder options(Load load) {
        return DBOptions.builder()
                .createIfMissing(true)
                .errorIfExists(true)
                .createMissingColumnFamilies(true)
                .dbWriteBufferSize(load.dbWriteBufferSize())
                .delayedWriteRate(load.delayedWriteRate())
                .maxBackgroundFlushes(load.maxBackgroundFlushes())
                .avoidFlushDuringShutdown(true);
    }

    private static List<ColumnFamilyDescriptor> columnFamilies(Load load) {
        ColumnFamilyOptions options = ColumnFamilyOptions.builder()
                .writeBufferSize(load.writeBufferSize())
                .maxWriteBufferNumber(load.maxWriteBufferNumber())
                .disableAutoCompactions(true)
                .compression(load.compression())
                .tableOptions(BlockBasedTableOptions.builder()
                        .filterBitsPerKey(load.bloomBits())
                        .build())
                .build();
        List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
        descriptors.add(new ColumnFamilyDescriptor(ColumnFamilyDescriptor.DEFAULT_NAME, options));
        for (int i = 1; i < load.columnFamilies(); i++) {
            descriptors.add(new ColumnFamilyDescriptor("cf" + i, options));
        }
        return descriptors;
    }

    @Override
    public void put(int columnFamily, ByteBuffer key, ByteBuffer value) throws IOException {
        store.put(columnFamilies[columnFamily], UNLOGGED, key, value);
    }

    @Override
    public void flush() throws IOException {
        store.flush(FLUSH);
    }

    @Override
    public void scan(int columnFamily, EntryVisitor visitor) throws IOException {
        ByteBuffer key = ByteBuffer.allocate(load.keySize() + 1);
        ByteBuffer value = ByteBuffer.allocate(load.valueSize() + 1);
        try (StoreIterator entries = store.newIterator(columnFamilies[columnFamily])) {
            for (entries.seekToFirst(); entries.isValid(); entries.next()) {
                entries.key(key.clear());
                entries.value(value.clear());
                visitor.entry(key, value);
            }
        }
    }

    @Override
    public Map<String, Object> details() {
        Statistics statistics = store.statistics();
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("flushes_by_builder", new TreeMap<>(statistics.flushesByBuilder()));
        details.put("flushes_failed", statistics.flushesFailed());
        details.put("flush_bytes", statistics.flushBytes());
        Map<String, Object> stalls = new TreeMap<>();
        statistics.stalls().forEach((cause, stall) -> {
            if (stall.writes() > 0) {
                stalls.put(
                        cause.name().toLowerCase(Locale.ROOT),
                        Map.of("writes", stall.writes(), "seconds", stall.nanos() / 1e9));
            }
        });
        details.put("stalls", stalls);
        return details;
    }

    @Override
    public void close() throws IOException {
        try {
            store.close();
            for (String name : storage.list("")) {
                storage.deleteRecursively(name);
            }
        } finally {
            storage.close();
        }
    }
}
