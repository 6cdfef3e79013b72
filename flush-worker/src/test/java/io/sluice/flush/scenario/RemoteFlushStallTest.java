// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import static io.sluice.flush.scenario.Cluster.generatorSettings;
import static io.sluice.flush.scenario.Stores.check;
import static io.sluice.flush.scenario.Stores.fill;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.flush.generator.FallbackReason;
import io.sluice.flush.protocol.FlushMessage;
import io.sluice.flush.protocol.FlushMessage.Ack;
import io.sluice.flush.protocol.FlushMessage.Allocate;
import io.sluice.flush.protocol.FlushMessage.AttemptStarted;
import io.sluice.flush.protocol.FlushMessage.Place;
import io.sluice.flush.protocol.FlushMessage.SubmitJob;
import io.sluice.flush.protocol.FlushTask;
import io.sluice.flush.protocol.MessageEndpoint;
import io.sluice.store.ColumnFamilyHandle;
import io.sluice.store.ColumnFamilyOptions;
import io.sluice.store.DBOptions;
import io.sluice.store.FlushOptions;
import io.sluice.store.Store;
import io.sluice.store.base.StoreException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Puts beside a flush of which somebody remote never says a word. */
class RemoteFlushStallTest extends FlushScenario {
    /** Far below each remote deadline in these tests, and far above what a loaded machine adds to a put. */
    private static final Duration UNBLOCKED = Duration.ofSeconds(2);

    private static final Duration CALL = Duration.ofSeconds(15);
    private static final int BUFFERS = 6;

    /** Who hangs. */
    enum Stalled {
        PLACEMENT_DRIVER,
        MEMNODE,
        WORKER;

        /** The message that is never followed by anything. */
        Class<? extends FlushMessage> last() {
            return switch (this) {
                case PLACEMENT_DRIVER -> Place.class;
                case MEMNODE -> Allocate.class;
                case WORKER -> SubmitJob.class;
            };
        }
    }

    private long filled;
    private long longestNanos;

    /** One put more, with its time. */
    private void put(Store store) throws StoreException {
        long start = System.nanoTime();
        store.put(Stores.bytes("during" + filled), Stores.bytes("value of during" + filled));
        longestNanos = Math.max(longestNanos, System.nanoTime() - start);
        filled++;
    }

    private static long sealed(Store store) throws StoreException {
        return store.longProperty(store.defaultColumnFamily(), "rocksdb.num-immutable-mem-table");
    }

    @ParameterizedTest
    @EnumSource
    @Tag("A35")
    void shouldHoldUpNoPutAndFlushHereAtTheLastFreeBuffer(Stalled stalled) throws Exception {
        FakeMemnode memnode =
                cluster.keep(new FakeMemnode(stalled == Stalled.WORKER ? Set.of() : Set.of(stalled.last())));
        Cluster.Generator generator = generator(generatorSettings(List.of(memnode.address()))
                .withTimes(Duration.ofMillis(100), CALL, Duration.ofMillis(200), CALL, Duration.ofMillis(300)));
        ColumnFamilyOptions small = ColumnFamilyOptions.builder()
                .writeBufferSize(128 * 1024)
                .maxWriteBufferNumber(BUFFERS)
                .build();
        DBOptions options =
                Stores.options(generator).avoidFlushDuringShutdown(true).build();
        try (Store store = Store.open(options, directory, List.of(Stores.family("default", small)))) {
            awaitMemnodes(generator, 1);
            ColumnFamilyHandle family = store.defaultColumnFamily();
            fill(store, family, "first", 100);
            store.flush(FlushOptions.builder().waitForFlush(false).build());
            memnode.awaitHeard(stalled.last());
            if (stalled == Stalled.MEMNODE) {
                memnode.fallSilent(); // heartbeats too
            }

            while (sealed(store) < BUFFERS - 2) {
                put(store);
            }
            assertThat(sealed(store)).as("switches among the puts").isGreaterThan(2);
            assertThat(Duration.ofNanos(longestNanos)).as("longest put").isLessThan(UNBLOCKED);
            assertThat(store.statistics().stalls())
                    .as("stall rules")
                    .allSatisfy((cause, stall) -> assertThat(stall.nanos()).isZero());
            assertThat(generator.remote().statistics().localFlushes())
                    .as("it hangs still")
                    .isEmpty();

            // The next switch takes the last free buffer.
            while (!generator.remote().statistics().localFlushes().containsKey(FallbackReason.URGED)) {
                put(store);
            }
            assertThat(Duration.ofNanos(longestNanos))
                    .as("longest put, stall rules included")
                    .isLessThan(CALL);
            await().atMost(SOON).until(() -> store.statistics().flushesCompleted() > 0);
            assertFenced(stalled, memnode);
            check(store, family, "first", 100);
            check(store, family, "during", (int) filled);
            assertThat(Stores.builders(store, family)).containsExactly("local");
        }
    }

    /** What the stalled attempt may still do finds no open door and no directory. */
    private void assertFenced(Stalled stalled, FakeMemnode memnode) throws Exception {
        if (stalled != Stalled.WORKER) {
            assertThat(memnode.task).as("nothing was submitted").isNotDone();
            return;
        }
        FlushTask task = memnode.task.get(10, TimeUnit.SECONDS);
        MessageEndpoint worker = cluster.dial(task);
        assertThatThrownBy(() -> worker.call(
                                new AttemptStarted(task.token(), FakeMemnode.WORKER), Ack.class, Duration.ofSeconds(10))
                        .get(10, TimeUnit.SECONDS))
                .hasMessageContaining("no such attempt");
        Path attempt = directory.resolve(task.attemptDirectory());
        if (Files.exists(attempt)) {
            assertThat(attempt).isEmptyDirectory();
        }
    }
}
