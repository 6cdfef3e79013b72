// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.store.base.StoreException;
import io.sluice.store.storage.MemoryStorage;
import io.sluice.store.storage.ReadableFile;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.WritableFile;
import io.sluice.store.wal.WalRecoveryMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What each recovery mode makes of a damaged log. */
@Timeout(60)
class WalRecoveryModeTest {
    private final MemoryStorage memory = new MemoryStorage("mode");

    @ParameterizedTest
    @EnumSource(WalRecoveryMode.class)
    void shouldTreatATornTailAsTheModeSays(WalRecoveryMode mode) throws Exception {
        MemoryStorage torn = damaged(bytes -> Arrays.copyOf(bytes, bytes.length - 3));
        if (mode == WalRecoveryMode.ABSOLUTE_CONSISTENCY) {
            assertThatThrownBy(() -> open(torn, options().walRecoveryMode(mode)))
                    .hasMessageContaining("log.corrupt");
            return;
        }
        try (Store store = open(torn, options().walRecoveryMode(mode))) {
            assertThat(present(store)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8);
        }
    }

    @ParameterizedTest
    @EnumSource(WalRecoveryMode.class)
    void shouldTreatCorruptionInTheMiddleAsTheModeSays(WalRecoveryMode mode) throws Exception {
        MemoryStorage corrupt = damaged(bytes -> {
            bytes[bytes.length / 2 + 5000] ^= 1;
            return bytes;
        });
        switch (mode) {
            case ABSOLUTE_CONSISTENCY, TOLERATE_CORRUPTED_TAIL_RECORDS ->
                assertThatThrownBy(() -> open(corrupt, options().walRecoveryMode(mode)))
                        .hasMessageContaining("log.corrupt")
                        .hasMessageContaining("CRC32C");
            case POINT_IN_TIME_RECOVERY -> {
                try (Store store = open(corrupt, options().walRecoveryMode(mode))) {
                    assertThat(present(store)).containsExactly(0, 1, 2, 3, 4);
                }
            }
            case SKIP_ANY_CORRUPTED_RECORDS -> {
                try (Store store = open(corrupt, options().walRecoveryMode(mode))) {
                    assertThat(present(store))
                            .startsWith(0, 1, 2, 3, 4)
                            .endsWith(9)
                            .hasSizeBetween(6, 9);
                }
            }
        }
    }

    /** A store whose only log holds ten writes of a block each, changed. */
    private MemoryStorage damaged(UnaryOperator<byte[]> change) throws Exception {
        try (Store store = open(memory, options())) {
            for (int i = 0; i < 10; i++) {
                store.put(bytes("key" + i), new byte[30_000]);
            }
            MemoryStorage left = memory.killClone();
            String log = "";
            for (String name : left.list("")) {
                log = name.endsWith(".log") && left.length(name) > 0 ? name : log;
            }
            byte[] bytes;
            try (ReadableFile file = left.open(log)) {
                bytes = new byte[(int) file.length()];
                file.read(0, new UnsafeBuffer(bytes), 0, bytes.length);
            }
            bytes = change.apply(bytes);
            left.delete(log);
            try (WritableFile file = left.create(log)) {
                file.append(new UnsafeBuffer(bytes), 0, bytes.length);
            }
            return left;
        }
    }

    private static List<Integer> present(Store store) throws StoreException {
        List<Integer> found = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            if (store.get(bytes("key" + i)) != null) {
                found.add(i);
            }
        }
        return found;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static DBOptions.Builder options() {
        return DBOptions.builder().createIfMissing(true).avoidFlushDuringShutdown(true);
    }

    private static Store open(Storage storage, DBOptions.Builder options) throws StoreException {
        return Store.open(options.build(), storage, List.of());
    }
}
