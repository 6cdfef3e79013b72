// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static io.sluice.flush.scenario.Cluster.address;
import static io.sluice.flush.scenario.Cluster.generatorSettings;
import static io.sluice.flush.scenario.Stores.builders;
import static io.sluice.flush.scenario.Stores.check;
import static io.sluice.flush.scenario.Stores.fill;
import static io.sluice.flush.scenario.Stores.flush;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.flush.generator.FallbackReason;
import io.sluice.flush.memnode.Memnode;
import io.sluice.flush.memnode.MemnodeStatus;
import io.sluice.flush.protocol.FlushMessage.Place;
import io.sluice.store.ColumnFamilyDescriptor;
import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A remote flush between the worker's result and the manifest, and what the store does where that fails. */
class RemoteInstallTest extends FlushScenario {
    private Storage storage() throws Exception {
        return cluster.keep(Storages.open(directory.toUri().toString(), Map.of()));
    }

    private static void assertHolds(Cluster.Running<Memnode> memnode, long bytes) throws Exception {
        MemnodeStatus status = memnode.role().status().get();
        assertThat(status.grants()).isEqualTo(1);
        assertThat(status.inUse()).isGreaterThanOrEqualTo(bytes);
    }

    @Test
    @Tag("A12")
    void shouldKeepTheJobOnTheMemnodeUntilTheManifestIsDurable() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        Gate building = new Gate();
        worker("w1", building.holdingTables(), memnode);
        Cluster.Generator generator = generator(generatorSettings(List.of(address(memnode))));
        Gate manifest = new Gate();
        AtomicBoolean armed = new AtomicBoolean();
        Storage held = Gate.aroundSyncs(storage(), name -> {
            if (name.contains("MANIFEST") && armed.get()) {
                manifest.pass();
            }
        });
        try (Store store = Store.open(Stores.options(generator).build(), held, List.of())) {
            awaitMemnodes(generator, 1);
            ColumnFamilyHandle family = store.defaultColumnFamily();
            fill(store, family, "key", 2000);
            armed.set(true);
            CompletableFuture<Void> flush = flushing(store);

            building.awaitReached(); // the job was sent, and its bytes were read
            assertHolds(memnode, 2000);
            assertThat(memnode.role().status().get().assignments()).isEqualTo(1);

            building.open();
            manifest.awaitReached(); // the result came, the table is in its place, the record of it is not durable
            await().atMost(SOON).until(() -> memnode.role().status().get().assignments() == 0);
            assertHolds(memnode, 2000);
            assertThat(flush).isNotDone();
            assertThat(generator.remote().statistics().remoteFlushes()).isZero();
            assertThat(memnode.role().status().get().counters()).doesNotContainKey("grants_released");

            armed.set(false);
            manifest.open();
            awaitDone(flush);
            await().atMost(SOON).until(() -> memnode.role().status().get().inUse() == 0);
            assertThat(memnode.role().status().get().grants()).isZero();
            awaitRemoteFlushes(generator, 1);
            check(store, family, "key", 2000);
        }
    }

    @Test
    void shouldCountNoRemoteFlushWhoseResultIsRefusedAndFlushHere() throws Exception {
        Cluster.Running<Memnode> memnode = memnode("m1");
        worker(
                "liar",
                Gate.around((method, arguments, call) -> {
                    Object result = call.run();
                    if (method.equals("rename") && arguments[1].toString().endsWith("RESULT")) {
                        truncateTables();
                    }
                    return result;
                }),
                memnode);
        Cluster.Generator generator = generator(generatorSettings(List.of(address(memnode))));
        try (Store store = Store.open(
                Stores.options(generator)
                        .bgErrorResumeRetryInterval(Duration.ofMillis(10))
                        .build(),
                directory)) {
            awaitMemnodes(generator, 1);
            ColumnFamilyHandle family = store.defaultColumnFamily();
            fill(store, family, "key", 500);
            flush(store);
            check(store, family, "key", 500);
            assertThat(builders(store, family)).containsExactly("local");
            assertThat(generator.remote().statistics().remoteFlushes()).isZero();
            assertThat(generator.remote().statistics().failedAttempts())
                    .containsExactlyEntriesOf(Map.of(FallbackReason.NOT_INSTALLED, 1L));
            assertThat(generator.remote().statistics().localFlushes())
                    .containsExactlyEntriesOf(Map.of(FallbackReason.FAILED_BEFORE, 1L));
            await().atMost(SOON).until(() -> memnode.role().status().get().inUse() == 0);
        }
    }

    /** What a worker's broken disk leaves of its tables. */
    private void truncateTables() throws Exception {
        try (var paths = java.nio.file.Files.walk(directory)) {
            for (var path : (Iterable<java.nio.file.Path>) paths.filter(
                    p -> p.toString().contains("attempt-") && p.toString().endsWith(".sst"))::iterator) {
                try (var channel = java.nio.channels.FileChannel.open(path, java.nio.file.StandardOpenOption.WRITE)) {
                    channel.truncate(channel.size() - 1);
                }
            }
        }
    }

    @Test
    void shouldFlushNothingHereWhereThatIsNotWanted() throws Exception {
        Cluster.Generator generator = generator(generatorSettings(List.of()).withAttempts(2, false));
        try (Store store = Store.open(
                Stores.options(generator)
                        .maxBgErrorResumeCount(2)
                        .bgErrorResumeRetryInterval(Duration.ofMillis(10))
                        .build(),
                directory)) {
            ColumnFamilyHandle family = store.defaultColumnFamily();
            fill(store, family, "key", 100);
            assertThatThrownBy(() -> flush(store))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("no memnode");
            assertThatThrownBy(() -> fill(store, family, "refused", 1)).isInstanceOf(StoreException.class);
            check(store, family, "key", 100);
            assertThat(store.statistics().flushesFailed()).isEqualTo(3);
            assertThat(generator.remote().statistics().localFlushes()).isEmpty();

            Cluster.Running<Memnode> memnode = memnode("m1");
            worker("w1", memnode);
            generator.remote().addMemnode(address(memnode));
            awaitMemnodes(generator, 1);
            store.resume();
            flush(store);
            check(store, family, "key", 100);
            assertThat(builders(store, family)).containsExactly("w1");

            generator.remote().setEnabled(false); // now there is nowhere else
            fill(store, family, "off", 100);
            flush(store);
            assertThat(builders(store, family)).containsExactly("local", "w1");
        }
    }

    @Test
    @Tag("A26")
    void shouldTellTheMemnodeOfLocalFlushesThatTheEngineStartedItself() throws Exception {
        FakeMemnode memnode = cluster.keep(new FakeMemnode(Set.of(Place.class)));
        Cluster.Generator generator = generator(generatorSettings(List.of(memnode.address())));
        Gate building = new Gate();
        Storage held = building.holdingTables().open(directory.toUri().toString());
        cluster.keep(held);
        List<ColumnFamilyDescriptor> families = List.of(
                Stores.family("away", ColumnFamilyOptions.DEFAULT),
                Stores.family(
                        "here", ColumnFamilyOptions.builder().remoteFlush(false).build()));
        FlushOptions begin = FlushOptions.builder().waitForFlush(false).build();
        try (Store store = Store.open(Stores.options(generator).build(), held, families)) {
            awaitMemnodes(generator, 1);
            ColumnFamilyHandle here = Objects.requireNonNull(store.columnFamily("here"));
            ColumnFamilyHandle away = Objects.requireNonNull(store.columnFamily("away"));
            fill(store, here, "here", 5000);
            fill(store, away, "away", 10);
            store.flush(begin, here);
            building.awaitReached();
            store.flush(begin, away);
            assertThat(memnode.awaitHeard(Place.class).runningJobs())
                    .as("the switched-off family's flush")
                    .isEqualTo(1);
            building.open();
            flush(store, here);
            flush(store, away);
            fill(store, away, "more", 10);
            store.flush(begin, away);
            Place later = memnode.awaitHeard(Place.class);
            assertThat(later.runningJobs()).isZero();
            assertThat(later.storageBytesPerSecond()).isPositive();
        }
    }
}
