// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static io.sluice.flush.scenario.Cluster.address;
import static io.sluice.flush.scenario.Cluster.generatorSettings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.flush.memnode.Memnode;
import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.EventListener;
import io.sluice.store.Statistics;
import io.sluice.store.Store;
import io.sluice.store.base.Ticker;
import io.sluice.store.flush.FlushInfo;
import io.sluice.store.flush.FlushReason;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the program that embeds the store learns of a flush that a worker did. */
class RemoteFlushEventsTest extends FlushScenario {
    private static final int KEYS = 2000;

    private final List<FlushInfo> begun = new CopyOnWriteArrayList<>();
    private final List<FlushInfo> completed = new CopyOnWriteArrayList<>();

    @Test
    @Tag("A20")
    void shouldTellTheProgramOfAFlushThatAWorkerDid() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        worker("w1", memnode);
        Cluster.Generator generator = generator(generatorSettings(List.of(address(memnode))));
        try (Store store = Store.open(
                Stores.options(generator).statistics(true).listener(listener()).build(), directory)) {
            awaitMemnodes(generator, 1);
            ColumnFamilyHandle family = store.defaultColumnFamily();
            Stores.fill(store, family, "key", KEYS);
            Stores.flush(store);
            await().atMost(SOON).until(() -> completed.size() == 1);
            FlushInfo info = completed.get(0);

            assertEvent(info);
            assertThat(info.properties())
                    .containsEntry("sluice.builder", "w1")
                    .containsEntry("rocksdb.num.entries", Integer.toString(KEYS))
                    .isEqualTo(store.propertiesOfAllTables(family).get(info.fileName()));
            assertThat(info.statistics())
                    .as("the worker's own")
                    .containsKeys("read_ns", "read_bytes", "build_ns")
                    .allSatisfy((name, value) -> assertThat(value).as(name).isNotNegative());
            assertThat(Objects.requireNonNull(info.statistics().get("read_bytes")))
                    .isGreaterThan(KEYS * 10L);

            Statistics statistics = store.statistics();
            assertThat(statistics.flushesCompleted()).isEqualTo(1);
            assertThat(statistics.flushesByBuilder()).containsExactlyEntriesOf(Map.of("w1", 1L));
            assertThat(statistics.flushBytes()).isEqualTo(info.fileSize());
            assertThat(statistics.ticker(Ticker.FLUSH_WRITE_BYTES)).isEqualTo(info.fileSize());
            assertThat(store.longProperty(family, "rocksdb.total-sst-files-size"))
                    .isEqualTo(info.fileSize());
            awaitRemoteFlushes(generator, 1);

            store.setDBOptions(Map.of("remote_flush", "false")); // the same of a local one
            Stores.fill(store, family, "key", KEYS);
            Stores.flush(store);
            await().atMost(SOON).until(() -> completed.size() == 2);
            assertThat(completed.get(1).builder()).isEqualTo("local");
            assertThat(completed.get(1).properties())
                    .isEqualTo(store.propertiesOfAllTables(family)
                            .get(completed.get(1).fileName()));
            assertThat(store.statistics().flushesByBuilder())
                    .containsExactlyInAnyOrderEntriesOf(Map.of("w1", 1L, "local", 1L));
        }
    }

    private void assertEvent(FlushInfo info) {
        assertThat(begun).hasSize(1);
        assertThat(begun.get(0).id()).isEqualTo(info.id());
        assertThat(info.columnFamilyName()).isEqualTo("default");
        assertThat(info.reason()).isEqualTo(FlushReason.MANUAL_FLUSH);
        assertThat(info.builder()).isEqualTo("w1");
        assertThat(info.attempt()).isEqualTo(1);
        assertThat(info.memtables()).isEqualTo(1);
        assertThat(info.inputEntries()).isEqualTo(KEYS);
        assertThat(info.outputEntries()).isEqualTo(KEYS);
        assertThat(info.largestSequence() - info.smallestSequence()).isEqualTo(KEYS - 1);
        assertThat(info.fileSize())
                .isEqualTo(directory.resolve(info.fileName()).toFile().length());
        assertThat(info.durationNanos()).isPositive();
    }

    private EventListener listener() {
        return new EventListener() {
            @Override
            public void onFlushBegin(FlushInfo info) {
                begun.add(info);
            }

            @Override
            public void onFlushCompleted(FlushInfo info) {
                completed.add(info);
            }
        };
    }
}
