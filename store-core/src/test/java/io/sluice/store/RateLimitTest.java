// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.storage.MemoryStorage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a store writes in the background obeys {@code rate_bytes_per_second}. */
@Timeout(60)
class RateLimitTest {
    private static final int FILES = 2;
    private static final int VALUES = 64;
    private static final int VALUE_LENGTH = 16 << 10;

    @Test
    void shouldHoldAStoresFlushesAndCompactionsToTheRate() throws Exception {
        DBOptions options = DBOptions.builder()
                .createIfMissing(true)
                .rateBytesPerSecond(1 << 20)
                .build();
        ColumnFamilyOptions family =
                ColumnFamilyOptions.builder().disableAutoCompactions(true).build();
        Random random = new Random(7);
        try (Store store = Store.open(
                options, new MemoryStorage("rate"), List.of(new ColumnFamilyDescriptor("default", family)))) {
            // A mebibyte in each file, and two in the compaction's: at the rate a second and two, less what it saves
            // up.
            for (int file = 0; file < FILES; file++) {
                for (int i = 0; i < VALUES; i++) {
                    byte[] value = new byte[VALUE_LENGTH];
                    random.nextBytes(value);
                    store.put(new byte[] {(byte) i, (byte) file}, value);
                }
                assertThat(time(() -> store.flush(FlushOptions.DEFAULT))).isGreaterThan(Duration.ofMillis(600));
            }
            assertThat(time(() -> store.compactRange(store.defaultColumnFamily())))
                    .isGreaterThan(Duration.ofMillis(1400));
            store.setDBOptions(Map.of("rate_bytes_per_second", "0"));
            assertThat(store.longProperty(store.defaultColumnFamily(), "rocksdb.num-files-at-level0"))
                    .isZero();
        }
    }

    private interface Action {
        void run() throws Exception;
    }

    private static Duration time(Action action) throws Exception {
        long start = System.nanoTime();
        action.run();
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
