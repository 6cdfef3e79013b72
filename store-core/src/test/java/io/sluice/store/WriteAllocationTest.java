// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.LocalStorage;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.Storage;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writes and gets make no garbage in steady state. */
class WriteAllocationTest {
    private static final int WRITES = 200_000;
    private static final WriteOptions UNLOGGED =
            WriteOptions.builder().disableWal(true).build();

    @TempDir
    Path directory;

    @Test
    void shouldAllocateNothingForAPut() throws StoreException {
        try (Store store = open(new MemoryStorage("allocation"))) {
            byte[] key = new byte[16];
            byte[] value = new byte[100];
            put(store, UNLOGGED, key, value, 20_000);
            assertThat(perCall(() -> put(store, UNLOGGED, key, value, WRITES))).isLessThan(0.5);
        }
    }

    @Test
    void shouldAllocateNothingForAPutThatIsLogged() throws StoreException {
        try (LocalStorage storage = new LocalStorage(directory);
                Store store = open(storage)) {
            byte[] key = new byte[16];
            byte[] value = new byte[100];
            put(store, WriteOptions.DEFAULT, key, value, 20_000);
            assertThat(perCall(() -> put(store, WriteOptions.DEFAULT, key, value, WRITES)))
                    .isLessThan(0.5);
        }
    }

    @Test
    void shouldAllocateNothingForAGetIntoABuffer() throws StoreException {
        try (Store store = open(new MemoryStorage("allocation"))) {
            byte[] key = new byte[16];
            put(store, UNLOGGED, key, new byte[100], 20_000);
            ByteBuffer found = ByteBuffer.allocate(200);
            get(store, key, found, 20_000);
            assertThat(perCall(() -> get(store, key, found, WRITES))).isLessThan(0.5);
        }
    }

    private static void put(Store store, WriteOptions options, byte[] key, byte[] value, int count)
            throws StoreException {
        for (int i = 0; i < count; i++) {
            number(key, i);
            store.put(store.defaultColumnFamily(), options, key, value);
        }
    }

    private static void get(Store store, byte[] key, ByteBuffer found, int count) throws StoreException {
        ByteBuffer wanted = ByteBuffer.wrap(key);
        for (int i = 0; i < count; i++) {
            number(key, i % 20_000);
            found.clear();
            if (store.get(store.defaultColumnFamily(), wanted, found) != 100) {
                throw new AssertionError("key " + i + " is missing");
            }
        }
    }

    private static void number(byte[] key, int number) {
        for (int i = 0; i < 4; i++) {
            key[i] = (byte) ((number * 0x9e3779b1) >>> (24 - 8 * i));
        }
    }

    private static double perCall(Calls calls) throws StoreException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        calls.run();
        return (threads.getCurrentThreadAllocatedBytes() - before) / (double) WRITES;
    }

    private interface Calls {
        void run() throws StoreException;
    }

    private static Store open(Storage storage) throws StoreException {
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .dbWriteBufferSize(256 << 20)
                .build();
        return Store.open(options, storage, List.of());
    }
}
