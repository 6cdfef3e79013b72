// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sluice.compaction.hoster.RemoteCompaction;
import io.sluice.compaction.hoster.RemoteCompactionSettings;
import io.sluice.compaction.hoster.RemoteWorker;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A process with a store whose compactions run on a worker. */
final class StoreForTests {
    static final int KEYS = 5000;

    private StoreForTests() {}

    /** Fills the store at the first argument, and has it compacted by the worker at the second. */
    public static void main(String[] args) throws IOException {
        try (Store store = open(Path.of(args[0]), remote(args[1], "db"))) {
            fill(store);
            store.compactRange(store.defaultColumnFamily());
        }
    }

    static void fill(Store store) throws StoreException {
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < KEYS; i++) {
                store.put(key(i), value(i, round));
            }
            store.flush(FlushOptions.DEFAULT);
        }
    }

    static RemoteCompaction remote(String worker, String instance) {
        return new RemoteCompaction(RemoteCompactionSettings.builder()
                .httpWorkers(List.of(RemoteWorker.of(worker)))
                .instanceName(instance)
                .dcompactMinLevel(0)
                .retrySleepTime(Duration.ofMillis(20))
                .overallTimeout(Duration.ofSeconds(60))
                .build());
    }

    static Store open(Path directory, RemoteCompaction remote) throws StoreException {
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .remoteCompactionExecutor(remote)
                .build();
        ColumnFamilyOptions family = ColumnFamilyOptions.builder()
                .disableAutoCompactions(true)
                .targetFileSizeBase(4 << 10)
                .build();
        return Store.open(options, directory, List.of(new ColumnFamilyDescriptor("default", family)));
    }

    static byte[] key(int number) {
        return String.format("key%06d", number).getBytes(UTF_8);
    }

    static byte[] value(int number, int round) {
        return ("value " + number + " of round " + round + "-".repeat(80)).getBytes(UTF_8);
    }
}
