// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.store.storage.FaultInjectingStorage;
import io.sluice.store.storage.FaultInjectingStorage.Fault;
import io.sluice.store.storage.FaultInjectingStorage.Operation;
import io.sluice.store.storage.Storage;
import io.sluice.store.storage.Storages;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What workers make of random jobs is what this process makes of them, entry for entry: {@code -Dsluice.jobs=1000} for more
 * of them, {@code -Dsluice.seed} for those of a run that failed.
 */
class RemoteEqualsLocalTest {
    private static final int JOBS = Integer.getInteger("sluice.jobs", 40);
    private static final int JOBS_OF_A_STORE = 8;

    @TempDir
    private Path directory;

    private final RealWorkers workers = new RealWorkers();

    @AfterEach
    void closeWorkers() {
        workers.close();
    }

    /** Now and then the disk fails under a worker, so that others go on behind its outputs. */
    private static Storage failing(Storage storage) {
        FaultInjectingStorage failing = new FaultInjectingStorage(storage);
        failing.plan(call -> call.operation() == Operation.CREATE
                        && ThreadLocalRandom.current().nextInt(8) == 0
                ? Fault.ERROR
                : null);
        return failing;
    }

    @Tag("B26")
    @Test
    void shouldMakeTheSameEntriesElsewhere() throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        workers.start(
                "w1",
                directory,
                uri -> failing(Storages.open(uri, Map.of())),
                RandomStore.PLUG_INS,
                UnaryOperator.identity());
        for (String id : List.of("w2", "w3")) {
            workers.start(id, directory, RealWorkers.OPENER, RandomStore.PLUG_INS, UnaryOperator.identity());
        }
        RemoteCompaction remote = new RemoteCompaction(
                workers.settings().overallTimeout(Duration.ofSeconds(60)).build());
        TwiceCompacted twice = new TwiceCompacted(remote);
        for (long store = 0; twice.jobs.get() < JOBS; store++) {
            new RandomStore(seed + store, twice).run(directory.resolve("db" + store), JOBS_OF_A_STORE);
            assertThat(twice.differences)
                    .as("-Dsluice.seed=%d, store %d", seed, store)
                    .isEmpty();
        }
        assertThat(twice.entries.get()).isGreaterThan(10 * JOBS);
        assertThat(remote.statistics().localJobs()).isEmpty();
    }
}
