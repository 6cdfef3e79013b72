// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static org.awaitility.Awaitility.await;

import io.sluice.store.storage.MemoryStorage;
import java.lang.ref.WeakReference;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A closed store is garbage, whoever used it. */
class ReachabilityTest {
    @Test
    void shouldNotBeKeptByAThreadThatUsedIt() throws Exception {
        WeakReference<MemoryStorage> closed = useAndClose();
        await().until(() -> {
            System.gc();
            return closed.get() == null;
        });
    }

    private static WeakReference<MemoryStorage> useAndClose() throws Exception {
        MemoryStorage storage = new MemoryStorage("closed");
        DBOptions options = DBOptions.builder().createIfMissing(true).build();
        try (Store store = Store.open(options, storage, List.of())) {
            store.put(new byte[1], new byte[1]);
            store.get(new byte[1]);
        }
        return new WeakReference<>(storage);
    }
}
