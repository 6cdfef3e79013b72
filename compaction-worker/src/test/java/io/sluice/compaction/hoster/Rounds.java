// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.Storage;
import java.util.List;
import java.util.Random;

/** A store whose keys are all written in each round, and compacted when the test says so. */
final class Rounds {
    private static final int KEYS = 1200;

    private Rounds() {}

    static Store open(Storage storage, RemoteCompaction remote) throws StoreException {
        ColumnFamilyOptions family = ColumnFamilyOptions.builder()
                .disableAutoCompactions(true)
                .targetFileSizeBase(16 << 10)
                .build();
        return Store.open(
                DBOptions.builder()
                        .createIfMissing(true)
                        .remoteCompactionExecutor(remote)
                        .build(),
                storage,
                List.of(new ColumnFamilyDescriptor("default", family)));
    }

    static void write(Store store, int round) throws StoreException {
        for (int i = 0; i < KEYS; i++) {
            store.put(key(i), value(i, round));
        }
        store.flush(FlushOptions.DEFAULT);
    }

    static void compact(Store store) throws StoreException {
        store.compactRange(store.defaultColumnFamily());
    }

    static void check(Store store, int round) throws StoreException {
        for (int i = 0; i < KEYS; i++) {
            assertThat(store.get(key(i))).isEqualTo(value(i, round));
        }
    }

    private static byte[] key(int number) {
        return String.format("key%06d", number).getBytes(UTF_8);
    }

    private static byte[] value(int number, int round) {
        byte[] value = new byte[100];
        new Random(number * 31L + round).nextBytes(value);
        return value;
    }
}
